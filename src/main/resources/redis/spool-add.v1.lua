-- spool-add.v1: keeps settled uses until the ledger can take them, in the order given; the first one of a request counts.
-- KEYS    1 entries (stream)   2 stream id by request (hash)
-- ARGV    1 entries at most   then per use: request, the entry
-- RETURNS per use: {1} kept;  {2, the entry that was kept first};  {0} full: it was not kept
-- These names have no lifetime: they are acknowledged and nowhere else. They go away when the last entry has been booked.
local function add(request, entry)
    local known = redis.call('HGET', KEYS[2], request)
    if known then
        local first = redis.call('XRANGE', KEYS[1], known, known)[1]
        if first then return {2, first[2][2]} end
    end
    if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return {0} end
    redis.call('HSET', KEYS[2], request, redis.call('XADD', KEYS[1], '*', 'e', entry))
    return {1}
end

local answers = {}
for i = 2, #ARGV, 2 do answers[#answers + 1] = add(ARGV[i], ARGV[i + 1]) end
return answers
