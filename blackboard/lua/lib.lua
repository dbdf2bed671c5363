-- lib: what the functions share. At load time neither `redis.call` nor `bit` exists, hence
-- everything sits inside functions. There is no rollback: check all before the first write.

-- repeated: the recorded answer of a writer's repeated write, {"out-of-order", last}, or nil.
local function repeated(recorded, seq)
  if not recorded then return nil end
  local last, answer = recorded:match("^(%d+):(%d+)$")
  if tonumber(seq) < tonumber(last) then return { "out-of-order", last } end
  if tonumber(seq) > tonumber(last) then return nil end
  return { "ok", tonumber(answer) }
end

-- existing: how many of the keys from `first` to `last` exist (`unpack` stops near 8,000).
local function existing(keys, first, last)
  if last - first < 4000 and last >= first then
    return redis.call("EXISTS", unpack(keys, first, last))
  end
  local found = 0
  for i = first, last, 4000 do
    found = found + redis.call("EXISTS", unpack(keys, i, math.min(i + 3999, last)))
  end
  return found
end

-- overlap: whether a bitmap shares a bit with the one under a key; `scratch` is gone afterwards.
local function overlap(key, bitmap, scratch)
  redis.call("SET", scratch, bitmap)
  redis.call("BITOP", "AND", scratch, scratch, key)
  local shared = redis.call("BITCOUNT", scratch)
  redis.call("DEL", scratch)
  return shared > 0
end

-- unite: add a bitmap's bits to those under a key; `scratch` is gone afterwards.
local function unite(key, bitmap, scratch)
  redis.call("SET", scratch, bitmap)
  redis.call("BITOP", "OR", key, key, scratch)
  redis.call("DEL", scratch)
end

-- append: add one event to the stream under the next revision, and remember its writer's answer.
-- `answered` is the field of meta that keeps it: `w:<writer>`, or `t:<writer>` for turns, so that
-- a turn and a commit sent together can both be repeated. `answer` is the revision if absent.
local function append(meta, events, rev, head, body, answered, seq, answer)
  local next = tonumber(rev or 0) + 1
  redis.call("XADD", events, next .. "-0", "h", head, "d", body)
  redis.call("HSET", meta, "rev", next, answered, seq .. ":" .. (answer or next))
  return next
end

-- heading: what stands before a body in the stream: sequence, origin (0 a worker, 1 outside, 2 the
-- leader's turn), round, stage, staged (1 or 0), writer.
local function heading(seq, origin, round, stage, staged, writer)
  return seq .. " " .. origin .. " " .. (round or 0) .. " " .. (stage or 0) .. " " .. staged
    .. " " .. writer
end
