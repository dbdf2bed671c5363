-- join: register an outsider under the next free agent index.
-- KEYS[1] meta  KEYS[2] events
-- ARGV writer, seq, role, name, votes (1 or 0)
-- Returns {"ok", index}, or {"out-of-order", last}.
local function join(keys, args)
  local name, seq = args[1], args[2]
  local at = redis.call("HMGET", keys[1], "rev", "round", "stage", "agents", "w:" .. name)
  local again = repeated(at[5], seq)
  if again then return again end
  local index, round, stage = tonumber(at[4] or 0), tonumber(at[2] or 0), tonumber(at[3] or 0)
  local joined = { "joined", "input", round, stage, args[3], index, 1, { args[4] }, args[5] == "1" }
  local body = cmsgpack.pack(joined)
  redis.call("HSET", keys[1], "agents", index + 1)
  local head = heading(seq, 1, round, stage, 0, name)
  append(keys[1], keys[2], at[1], head, struct.pack("<I4", #body) .. body, "w:" .. name, seq, index)
  return { "ok", index }
end
