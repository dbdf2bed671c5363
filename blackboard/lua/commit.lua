-- commit: all of a worker's stage, or one act of an outsider, in one atomic write.
-- KEYS[1] meta  KEYS[2] events  KEYS[3] scratch bitmap  KEYS[4] staged body
-- KEYS[5..] proposals voted on (each exists while open), then who voted on them in this round
-- ARGV writer, seq, epoch ("" for an outsider), round ("" for any), stage, staged (1 or 0),
--      inline body, bitmaps ...
-- Returns {"ok", rev}, or {why, what} when it is refused and nothing was written.
local function commit(keys, args)
  local name, seq, epoch, round, stage, staged, body = unpack(args, 1, 7)
  local answered = "w:" .. name
  local at = redis.call("HMGET", keys[1], "rev", "epoch", "round", "stage", answered)
  local again = repeated(at[5], seq)
  if again then return again end
  local outside = epoch == ""
  if not outside and epoch ~= at[2] then return { "lease-lost", at[2] } end
  if round == "" then round = at[3] or "0" end
  if round ~= (at[3] or "0") or not (outside or stage == (at[4] or "0")) then
    return { "wrong-stage", (at[3] or 0) .. "." .. (at[4] or 0) }
  end
  local count, large = #args - 7, tonumber(staged)
  local missing = count + large - existing(keys, 5 - large, 4 + count)
  local voted = existing(keys, 5 + count, 4 + 2 * count)
  local fresh = {}
  for i = 1, (missing > 0 or voted > 0) and count or 0 do
    if redis.call("EXISTS", keys[4 + i]) == 0 then return { "not-open", i - 1 } end
    fresh[i] = redis.call("EXISTS", keys[4 + count + i]) == 0
    local twice = not fresh[i] and overlap(keys[4 + count + i], args[7 + i], keys[3])
    if twice then return { "voted", i - 1 } end
  end
  if missing > 0 then return { "body-lost", name } end
  for i = 1, count do
    local who = keys[4 + count + i]
    if voted == 0 or fresh[i] then redis.call("SET", who, args[7 + i])
    else unite(who, args[7 + i], keys[3]) end
  end
  local head = heading(seq, outside and 1 or 0, round, at[4], staged, name)
  return { "ok", append(keys[1], keys[2], at[1], head, body, answered, seq) }
end
