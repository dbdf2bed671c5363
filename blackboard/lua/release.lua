-- release: give the leader's lease back, if the caller holds it.
-- KEYS[1] lease
-- ARGV runner
-- Returns 1 when it was given back, else 0.
local function release(keys, args)
  if redis.call("GET", keys[1]) ~= args[1] then return 0 end
  return redis.call("DEL", keys[1])
end
