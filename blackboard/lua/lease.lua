-- lease: take or renew the leader's lease on a run, or learn who holds it.
-- KEYS[1] lease  KEYS[2] meta (field epoch counts the holders and fences older ones)
-- ARGV runner, lease in ms, epoch that a new one has to pass, take over (1 or 0)
-- Returns {holder, epoch}; the caller's own name means that it leads.
local function lease(keys, args)
  local holder = redis.call("GET", keys[1])
  local epoch = tonumber(redis.call("HGET", keys[2], "epoch") or 0)
  if holder and holder ~= args[1] and args[4] == "0" then return { holder, epoch } end
  if holder ~= args[1] then
    epoch = math.max(epoch, tonumber(args[3])) + 1
    redis.call("HSET", keys[2], "epoch", epoch)
  end
  redis.call("SET", keys[1], args[1], "PX", args[2])
  return { args[1], epoch }
end
