-- spool-take.v1: the oldest entries, for the one instance that books them at the moment.
-- KEYS    1 entries (stream)   2 who books them (string)
-- ARGV    1 instance   2 how long nobody else may, ms   3 entries at most   4 youngest age, ms   5 the first: '-', or '(' and the id behind which it is
-- RETURNS {how many are kept, age of the oldest in ms, id, entry, id, entry, ...}
-- Nothing is taken away here: an instance that dies leaves everything to the next, and what it had booked is booked once.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not first then return {0, 0} end
local answer = {redis.call('XLEN', KEYS[1]), math.max(0, now - tonumber(string.match(first[1], '^%d+')))}
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[1] then return answer end
local entries = redis.call('XRANGE', KEYS[1], ARGV[5], string.format('%.0f', now - ARGV[4]), 'COUNT', ARGV[3])
-- Who has nothing to book leaves it to others: an instance of another release may read what this one cannot.
if #entries == 0 then
    redis.call('DEL', KEYS[2])
    return answer
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
for i = 1, #entries do
    answer[#answer + 1] = entries[i][1]
    answer[#answer + 1] = entries[i][2][2]
end
return answer
