-- failures.v1: adds failures of models and tells how many there were within the last minute, of all instances.
-- KEYS    1 a hash: '<slot of 5 s>|<model>' to failures. Gone a minute after the last failure or question.
-- ARGV    model, failures that are not told yet, ...
-- RETURNS model, failures, ... of every model that failed within the last minute, to 5 s
-- Time is the server's.
local SLOT, SLOTS, MOST = 5, 12, 5000
local slot = math.floor(redis.call('TIME')[1] / SLOT)
local room = MOST - redis.call('HLEN', KEYS[1])
for i = 1, #ARGV, 2 do
    if room > 0 then
        redis.call('HINCRBY', KEYS[1], slot .. '|' .. ARGV[i], ARGV[i + 1])
        room = room - 1
    end
end
local entries = redis.call('HGETALL', KEYS[1])
local sums, models, past = {}, {}, {}
for i = 1, #entries, 2 do
    local bar = string.find(entries[i], '|', 1, true)
    if slot - tonumber(string.sub(entries[i], 1, bar - 1)) >= SLOTS then
        past[#past + 1] = entries[i]
    else
        local model = string.sub(entries[i], bar + 1)
        if not sums[model] then models[#models + 1] = model end
        sums[model] = (sums[model] or 0) + tonumber(entries[i + 1])
    end
end
for i = 1, #past do redis.call('HDEL', KEYS[1], past[i]) end
if #entries > 0 then redis.call('EXPIRE', KEYS[1], SLOT * (SLOTS + 1)) end
local answer = {}
for i = 1, #models do
    answer[2 * i - 1], answer[2 * i] = models[i], sums[models[i]]
end
return answer
