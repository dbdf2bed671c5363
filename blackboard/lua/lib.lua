-- lib: what the functions share. At load time neither `redis.call` nor `bit` exists, hence
-- everything sits inside functions. There is no rollback: check all before the first write.

-- repeated: the recorded answer of a writer's repeated write, {"out-of-order", last}, or nil.
-- A body that the repetition staged anew loses its expiry again.
local function repeated(recorded, seq, blob)
  if not recorded then return nil end
  local last, answer = recorded:match("^(%d+):(%d+)$")
  if tonumber(seq) < tonumber(last) then return { "out-of-order", last } end
  if tonumber(seq) > tonumber(last) then return nil end
  if blob then redis.call("PERSIST", blob) end
  return { "ok", tonumber(answer) }
end

-- overlap: whether a bitmap shares a bit with the one under a key; `scratch` is gone afterwards.
local function overlap(key, bitmap, scratch)
  if redis.call("EXISTS", key) == 0 then return false end
  redis.call("SET", scratch, bitmap)
  redis.call("BITOP", "AND", scratch, scratch, key)
  local shared = redis.call("BITCOUNT", scratch)
  redis.call("DEL", scratch)
  return shared > 0
end

-- unite: add a bitmap's bits to those under a key; `scratch` is gone afterwards.
local function unite(key, bitmap, scratch)
  if redis.call("EXISTS", key) == 0 then return redis.call("SET", key, bitmap) end
  redis.call("SET", scratch, bitmap)
  redis.call("BITOP", "OR", key, key, scratch)
  redis.call("DEL", scratch)
end

-- append: add one event to the stream under the next revision, and remember the answer.
-- A staged body stays under its own key, which loses its expiry here. `answered` is the field
-- of meta that keeps the answer: `w:<writer>`, or `t:<writer>` for turns, so that a turn and a
-- commit sent together can both be repeated.
local function append(meta, events, blob, e)
  local rev = tonumber(e.rev or 0) + 1
  if e.staged == "1" then redis.call("PERSIST", blob) end
  redis.call("XADD", events, rev .. "-0", "w", e.writer, "q", e.seq, "o", e.origin,
    "r", e.round or 0, "s", e.stage or 0, "b", e.staged or "0", "d", e.body)
  redis.call("HSET", meta, "rev", rev, e.answered, e.seq .. ":" .. (e.answer or rev))
  return rev
end
