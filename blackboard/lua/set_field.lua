-- set_field: write a shared field if it still has the revision the writer saw.
-- KEYS[1] meta  KEYS[2] events  KEYS[3] fields
-- ARGV writer, seq, field, expected revision ("" for whatever stands), body
-- Returns {"ok", revision}, {"conflict", revision} or {"out-of-order", last}.
local function set_field(keys, args)
  local name, seq, field, expected = args[1], args[2], args[3], args[4]
  local at = redis.call("HMGET", keys[1], "rev", "round", "stage", "w:" .. name)
  local again = repeated(at[4], seq)
  if again then return again end
  local current = tonumber(redis.call("HGET", keys[3], field) or 0)
  if expected ~= "" and tonumber(expected) ~= current then return { "conflict", current } end
  redis.call("HSET", keys[3], field, current + 1)
  local head = heading(seq, 1, at[2], at[3], 0, name)
  append(keys[1], keys[2], at[1], head, args[5], "w:" .. name, seq, current + 1)
  return { "ok", current + 1 }
end
