-- lease: take or renew the leader's lease on a run, or learn who holds it.
-- KEYS[1] lease  KEYS[2] meta (field epoch counts the holders and fences older ones)
-- ARGV runner, lease in ms, take over (1 or 0); what the run has reached by its log, from which
--      a new holder goes on: epoch, revision, agents
-- Returns {holder, epoch}; the caller's own name means that it leads.
local function lease(keys, args)
  local holder = redis.call("GET", keys[1])
  local at = redis.call("HMGET", keys[2], "epoch", "rev", "agents")
  local epoch = tonumber(at[1] or 0)
  if holder and holder ~= args[1] and args[3] == "0" then return { holder, epoch } end
  if holder ~= args[1] then
    epoch = math.max(epoch, tonumber(args[4])) + 1
    local rev = math.max(tonumber(at[2] or 0), tonumber(args[5]))
    local agents = math.max(tonumber(at[3] or 0), tonumber(args[6]))
    redis.call("HSET", keys[2], "epoch", epoch, "rev", rev, "agents", agents)
  end
  redis.call("SET", keys[1], args[1], "PX", args[2])
  return { args[1], epoch }
end
