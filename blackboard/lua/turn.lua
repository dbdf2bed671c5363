-- turn: the leader's move between stages: close proposals once, open others, go to a stage.
-- KEYS[1] meta  KEYS[2] events  KEYS[3] fields  KEYS[4] staged body  KEYS[5] scratch bitmap
-- KEYS[6..] proposals closed, then proposals opened, then bitmaps to forget, then those to unite
-- ARGV writer, seq, epoch, seen ("" for no matter), round, stage, status, agents,
--      staged (1 or 0), inline body, number closed, number opened, number of bitmaps to unite,
--      these bitmaps ..., field and revision pairs ...
-- Returns {"ok", rev}, or {why, what} when it is refused and nothing was written.
local function turn(keys, args)
  local name, seq, epoch, seen, round, stage, status, agents, staged, body = unpack(args, 1, 10)
  local closed, opened, voted = tonumber(args[11]), tonumber(args[12]), tonumber(args[13])
  local answered = "t:" .. name
  local at = redis.call("HMGET", keys[1], "rev", "epoch", "agents", answered)
  local again = repeated(at[4], seq)
  if again then return again end
  if epoch ~= at[2] then return { "lease-lost", at[2] } end
  if seen ~= "" and tonumber(seen) ~= tonumber(at[1] or 0) then return { "moved", at[1] } end
  for i = 6, 5 + closed do
    if redis.call("EXISTS", keys[i]) == 0 then return { "not-open", i - 6 } end
  end
  if staged == "1" and redis.call("EXISTS", keys[4]) == 0 then return { "body-lost", name } end
  for i = 6, 5 + closed do redis.call("DEL", keys[i]) end
  for i = 6 + closed, 5 + closed + opened do redis.call("SET", keys[i], round) end
  for i = 6 + closed + opened, #keys - voted do redis.call("DEL", keys[i]) end
  for i = 1, voted do unite(keys[#keys - voted + i], args[13 + i], keys[5]) end
  for i = 14 + voted, #args, 2 do redis.call("HSET", keys[3], args[i], args[i + 1]) end
  local most = math.max(tonumber(agents), tonumber(at[3] or 0))
  redis.call("HSET", keys[1], "round", round, "stage", stage, "status", status, "agents", most)
  local head = heading(seq, 2, round, stage, staged, name)
  return { "ok", append(keys[1], keys[2], at[1], head, body, answered, seq) }
end
