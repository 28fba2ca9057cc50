-- restore-holds.v1: an instance puts its live holds on a budget's window back after Redis has lost its data.
-- KEYS    1 spend string   2 hold set
-- ARGV    1 lifetime, ms   then per hold: member ('id|amount'), end of lease (µs)
-- RETURNS how many were put back; repeating it changes nothing. The packed string is described in reserve.v1.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local back, amount = 0, 0
for i = 2, #ARGV, 2 do
    if tonumber(ARGV[i + 1]) > now and redis.call('ZADD', KEYS[2], 'NX', ARGV[i + 1], ARGV[i]) == 1 then
        back = back + 1
        amount = amount + tonumber(string.match(ARGV[i], '|(%d+)$'))
    end
end
if back > 0 then
    redis.call('PEXPIRE', KEYS[2], ARGV[1])
    local value = redis.call('GET', KEYS[1])
    if value then
        local settled, held, _, refresh = struct.unpack('<dddd', value)
        local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
        redis.call('SET', KEYS[1], struct.pack('<dddd', settled, held + amount, tonumber(first[2]), refresh), 'KEEPTTL')
    end
end
return back
