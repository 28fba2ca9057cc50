-- spool-add.v1: keeps a settled use until the ledger can take it; the first one of a request counts.
-- KEYS    1 entries (stream)   2 stream id by request (hash)
-- ARGV    1 request   2 entries at most   3 the entry
-- RETURNS {1} kept;  {2, the entry that was kept first};  {0} full: nothing was kept
-- These names have no lifetime: they are acknowledged and nowhere else. They go away when the last entry has been booked.
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then
    local entry = redis.call('XRANGE', KEYS[1], known, known)[1]
    if entry then return {2, entry[2][2]} end
end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return {0} end
local id = redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], id)
return {1}
