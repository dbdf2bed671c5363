-- lease: take or renew the leader's lease on a run, or learn who holds it.
-- KEYS[1] lease  KEYS[2] meta (field epoch counts the holders and fences older ones)
-- ARGV runner, lease in ms
-- Returns {holder, epoch}; the caller's own name means that it leads.
local function lease(keys, args)
  local holder = redis.call("GET", keys[1])
  if holder and holder ~= args[1] then
    return { holder, tonumber(redis.call("HGET", keys[2], "epoch")) }
  end
  if not holder then redis.call("HINCRBY", keys[2], "epoch", 1) end
  redis.call("SET", keys[1], args[1], "PX", args[2])
  return { args[1], tonumber(redis.call("HGET", keys[2], "epoch")) }
end
