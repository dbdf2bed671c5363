-- lib: what the functions share. At load time neither `redis.call` nor `bit` exists, hence
-- everything sits inside functions. There is no rollback: check all before the first write.

-- repeated: the recorded answer of a writer's repeated write, {"out-of-order", last}, or nil.
local function repeated(recorded, seq)
  if not recorded then return nil end
  local last, answer = recorded:match("^(%d+):(%d+)$")
  if tonumber(seq) == tonumber(last) then return { "ok", tonumber(answer) } end
  if tonumber(seq) < tonumber(last) then return { "out-of-order", last } end
end

-- append: add one event to the stream under the next revision, and remember the answer.
-- A staged body stays under its own key, which loses its expiry here.
local function append(meta, events, blob, e)
  local rev = tonumber(e.rev or 0) + 1
  if e.staged == "1" then redis.call("PERSIST", blob) end
  redis.call("XADD", events, rev .. "-0", "w", e.writer, "q", e.seq, "o", e.outside,
    "r", e.round, "s", e.stage, "b", e.staged or "0", "d", e.body)
  redis.call("HSET", meta, "rev", rev, "w:" .. e.writer, e.seq .. ":" .. (e.answer or rev))
  return rev
end
