-- commit: all of a worker's stage, or one act of an outsider, in one atomic write.
-- KEYS[1] meta  KEYS[2] events  KEYS[3] staged body  KEYS[4] scratch bitmap
-- KEYS[5..] per proposal: its key (exists while open), bitmap of who voted in this round
-- ARGV writer, seq, epoch ("" for an outsider), round, stage, staged (1 or 0), inline body,
--      bitmaps ...
-- Returns {"ok", rev}, or {why, what} when it is refused and nothing was written.
local function commit(keys, args)
  local name, seq, epoch, round, stage, staged, body = unpack(args, 1, 7)
  local answered = "w:" .. name
  local at = redis.call("HMGET", keys[1], "rev", "epoch", "round", "stage", answered)
  local again = repeated(at[5], seq, keys[3])
  if again then return again end
  local outside = epoch == ""
  if not outside and epoch ~= at[2] then return { "lease-lost", at[2] } end
  if round ~= (at[3] or "0") or not (outside or stage == (at[4] or "0")) then
    return { "wrong-stage", (at[3] or 0) .. "." .. (at[4] or 0) }
  end
  if staged == "1" and redis.call("EXISTS", keys[3]) == 0 then return { "body-lost", name } end
  for i = 5, #keys, 2 do
    local ballot = (i - 5) / 2
    if redis.call("EXISTS", keys[i]) == 0 then return { "not-open", ballot } end
    if overlap(keys[i + 1], args[ballot + 8], keys[4]) then return { "voted", ballot } end
  end
  for i = 5, #keys, 2 do unite(keys[i + 1], args[(i - 5) / 2 + 8], keys[4]) end
  return { "ok", append(keys[1], keys[2], keys[3], { rev = at[1], writer = name, seq = seq,
    answered = answered, origin = outside and 1 or 0, round = round, stage = at[4],
    staged = staged, body = body }) }
end
