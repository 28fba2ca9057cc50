-- balance.v3: what one scope has used, for all models or for one: its buckets, its parallel slots and its budgets' windows, in one string.
-- The other scripts on balances begin with this text. One string instead of one per limit: a Redis command costs more than all arithmetic on a limit.
--
-- A balance, numbers as big-endian doubles (exact for whole numbers below 2^53), bytes as B, four of them as I4:
--   d till                                   µs at which the string's own lifetime ends
--   B tag < 32:  d missing  d asof  d limit  a bucket: what is missing in units of a token divided by the window's ticks, as of a µs, under a limit
--   B 32:        leases                      parallel slots
--   B tag > 32:  d start  d length  d settled  d epoch  I4 known  d version  leases
--                                            a budget's window: start and length in s; the settled total in nano-dollars, tokens or
--                                            requests; the epoch that the total belongs to; the mark of the generation (heartbeat.v2)
--                                            in which it was read from the ledger, 0 when it was not; the latest version of what sets
--                                            the budget that it was read for
--   leases:      B n, then n times d end  d amount: what open reservations hold until a µs, first to end first
-- Leases end on a grid, so the number of pairs is bounded whatever the number of reservations.
-- A total is an absolute figure from the ledger. Within an epoch it only ever rises, so calls may be repeated and overtake each other; an
-- adjustment that lowers it begins the next epoch.
-- Holds whose lease ended count no more. Nobody settled them, so their use may have been booked unseen (an instance died between the
-- commit and here): such a window's total has to be read again before anything more is admitted. So has one that was read in another generation:
-- this server may have missed what was written last. So has one that was read for an earlier version of what sets the budget: there may have been no such
-- budget in between, or another period, and what was settled then is told nowhere.
-- Time is the server's: our nodes' clocks may disagree.
local pack, unpacked, byte, floor, ceil, max, min = struct.pack, struct.unpack, string.byte, math.floor, math.ceil, math.max, math.min
local SLOTS, NOTHING, NEVER, UNASKED = 32, -9007199254740992, -1, -2
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

-- Tables are written with all fields that they will have, nil or not, and are made as large as that at once.
local function newBalance(till, lifetime)
    return {till = till, rates = {nil, nil, nil, nil}, windows = {}, slots = nil, lifetime = lifetime, needed = 0, changed = false}
end

local function readLeases(text, at)
    local n = byte(text, at)
    local ends, amounts = {}, {}
    at = at + 1
    for i = 1, n do ends[i], amounts[i], at = unpacked('>dd', text, at) end
    return ends, amounts, at
end

local function read(text, lifetime)
    if not text then return newBalance(0, lifetime) end
    local till, at = unpacked('>d', text)
    local balance = newBalance(till, lifetime)
    local rates, windows, length = balance.rates, balance.windows, #text
    while at <= length do
        local tag = byte(text, at)
        if tag < SLOTS then
            local missing, asof, limit
            missing, asof, limit, at = unpacked('>ddd', text, at + 1)
            rates[tag] = {missing, asof, limit}
        elseif tag == SLOTS then
            local ends, amounts
            ends, amounts, at = readLeases(text, at + 1)
            balance.slots = {ends = ends, amounts = amounts, used = nil}
        else
            local start, seconds, settled, epoch, known, version, ends, amounts
            start, seconds, settled, epoch, known, version, at = unpacked('>ddddI4d', text, at + 1)
            ends, amounts, at = readLeases(text, at)
            windows[#windows + 1] = {
                tag = tag, start = start, length = seconds, settled = settled, epoch = epoch, known = known, version = version,
                ends = ends, amounts = amounts, used = nil, lapsed = nil
            }
        end
    end
    return balance
end

local function leases(entry)
    local n = #entry.ends
    if n == 0 then return '\0' end
    if n == 1 then return pack('>Bdd', 1, entry.ends[1], entry.amounts[1]) end
    local parts = {string.char(n)}
    for i = 1, n do parts[i + 1] = pack('>dd', entry.ends[i], entry.amounts[i]) end
    return table.concat(parts)
end

-- Windows that hold nothing are left out when they have been over for as long as they were, at least for a minute, since clocks disagree, and at most
-- for an hour: nobody asks for them any more. An hour's windows of a second would be read and written again by each request.
local function write(key, balance, lifetime, needed)
    local parts = {''}
    for tag, rate in pairs(balance.rates) do
        if rate[1] > 0 then parts[#parts + 1] = pack('>Bddd', tag, rate[1], rate[2], rate[3]) end
    end
    if balance.slots and #balance.slots.ends > 0 then
        parts[#parts + 1] = string.char(SLOTS) .. leases(balance.slots)
    end
    for i = 1, #balance.windows do
        local w = balance.windows[i]
        if #w.ends > 0 or (w.start + w.length + max(60, min(w.length, 3600))) * 1000000 > now then
            parts[#parts + 1] = pack('>BddddI4d', w.tag, w.start, w.length, w.settled, w.epoch, w.known, w.version) .. leases(w)
        end
    end
    if #parts == 1 then
        if balance.till > 0 then redis.call('DEL', key) end
    elseif balance.till - now < max(lifetime * 500, needed) then
        local keep = max(lifetime * 1000, needed + 1000000)
        parts[1] = pack('>d', now + keep)
        redis.call('SET', key, table.concat(parts), 'PX', ceil(keep / 1000))
    else
        parts[1] = pack('>d', balance.till)
        redis.call('SET', key, table.concat(parts), 'KEEPTTL')
    end
end

-- The ticks of a window: the finest of 1 µs, 1 ms and 1 s at which a full bucket stays below 2^52 units.
local function ticksOf(capacity, micros)
    for tick = 0, 1 do
        local ticks = micros / 1000 ^ tick
        if capacity * ticks <= 4503599627370496 then return ticks end
    end
    return micros / 1000000
end

-- Under another limit as much is missing, but never more than all of it: a limit that was lowered below what was used would otherwise stay
-- exhausted for many windows. What was overdrawn stays owed. It is a bucket beside the one that is kept: that one stays as it is until something is
-- taken under the other limit.
local function limitedTo(rate, capacity, window, tick)
    local before = ticksOf(rate[3], window * tick)
    local function converted(units)
        return before == window and units or ceil(units / before * window)
    end
    local overdrawn = max(0, rate[1] - rate[3] * before)
    local used = min(converted(rate[1] - overdrawn), capacity * window)
    return {converted(overdrawn) + used, rate[2], capacity}
end

-- The bucket as of now: what was earned is added, the unfinished part of a tick is kept for the next time.
local function refilled(rate, capacity, window, tick)
    if not rate then return {0, now, capacity} end
    if rate[3] ~= capacity then rate = limitedTo(rate, capacity, window, tick) end
    local ticks = floor(max(0, now - rate[2]) / tick)
    rate[1], rate[2] = max(0, rate[1] - ticks * capacity), rate[2] + ticks * tick
    return rate
end

-- µs until so many units are earned
local function earned(rate, units, capacity, tick)
    if capacity == 0 then return 0 end
    return max(0, rate[2] + ceil(units / capacity) * tick - now)
end

-- Adds tokens to what is missing after they were reserved, or used without. A bucket with something missing keeps the limit that it has: what was
-- reserved before a change must not change it back.
local function correct(balance, term, tokens)
    local capacity, window, tick = term.b, term.c, term.d
    local rate = balance.rates[term.tag]
    if rate and rate[3] ~= capacity then
        local micros = window * tick
        local ticks = ticksOf(rate[3], micros)
        rate = refilled(rate, rate[3], ticks, micros / ticks)
        if rate[1] > 0 then
            capacity, window, tick = rate[3], ticks, micros / ticks
        else
            rate = nil
        end
    end
    rate = refilled(rate, capacity, window, tick)
    rate[1] = max(0, rate[1] + tokens * window)
    balance.rates[term.tag] = rate
    balance.needed = max(balance.needed, earned(rate, rate[1], capacity, tick))
    balance.changed = true
end

local function slotsOf(balance)
    balance.slots = balance.slots or {ends = {}, amounts = {}}
    return balance.slots
end

local function windowOf(balance, tag, start, length)
    for i = 1, #balance.windows do
        local w = balance.windows[i]
        if w.tag == tag and w.start == start and w.length == length then return w end
    end
end

local function newWindow(balance, tag, start, length)
    local w = {tag = tag, start = start, length = length, settled = NOTHING, epoch = 0, known = 0, version = 0, ends = {}, amounts = {}}
    balance.windows[#balance.windows + 1] = w
    return w
end

local function raise(window, epoch, total)
    if epoch > window.epoch then
        window.epoch, window.settled = epoch, total
    elseif epoch == window.epoch then
        window.settled = max(window.settled, total)
    end
end

-- What live leases hold, and whether some have lapsed unsettled.
local function held(entry)
    local sum, lapsed = 0, false
    for i = 1, #entry.ends do
        if entry.ends[i] > now then sum = sum + entry.amounts[i] else lapsed = true end
    end
    return sum, lapsed
end

local function dropLapsed(entry, asof)
    while #entry.ends > 0 and entry.ends[1] <= asof do
        table.remove(entry.ends, 1)
        table.remove(entry.amounts, 1)
    end
end

local function hold(entry, ends, amount)
    local i = #entry.ends
    while i > 0 and entry.ends[i] > ends do i = i - 1 end
    if i > 0 and entry.ends[i] == ends then
        entry.amounts[i] = entry.amounts[i] + amount
    else
        table.insert(entry.ends, i + 1, ends)
        table.insert(entry.amounts, i + 1, amount)
    end
end

local function free(entry, ends, amount)
    for i = 1, #entry.ends do
        if entry.ends[i] == ends then
            entry.amounts[i] = entry.amounts[i] - amount
            if entry.amounts[i] <= 0 then
                table.remove(entry.ends, i)
                table.remove(entry.amounts, i)
            end
            return
        end
    end
end

-- A reservation: B state ('O' open, 'S' settled, 'R' released), d end of lease, H n, n times d (the figures of its answer), payload.
local function isOpen(record)
    return record and byte(record) == 79
end

-- The balances of the requests in a call, and what is asked of them, numbered through all balances. Packed per balance:
--   d lifetime (ms)  H terms, per term: B tag  B shadow  d d d d
--     bucket: capacity (tokens), window (ticks), tick (µs), 0
--     slots:  slots, 0, 0, 0
--     window: cap (-1 for none, -2 when it is only held here and asked elsewhere, -3 when others may ask here all the same), start (s), length (s), version of
--             what sets it
-- The first balance is the value after so many.
local function readTerms(values, after, count, packed, at)
    local balances, terms, n = {}, {}, 0
    for i = 1, count do
        local lifetime, asked
        lifetime, asked, at = unpacked('>dH', packed, at)
        local balance = read(values[after + i], lifetime)
        balances[i] = balance
        for _ = 1, asked do
            local tag, shadow, b, c, d, version
            tag, shadow, b, c, d, version, at = unpacked('>BBdddd', packed, at)
            n = n + 1
            terms[n] = {balance = balance, tag = tag, shadow = shadow, b = b, c = c, d = d, version = version, entry = nil}
        end
    end
    return balances, terms, at
end

-- What one request is about. Packed: H charges, per charge: H term  d amount
local function readCharges(terms, packed, at)
    local charges, count = {}, nil
    count, at = unpacked('>H', packed, at)
    for i = 1, count do
        local position, amount
        position, amount, at = unpacked('>Hd', packed, at)
        charges[i] = {term = terms[position], amount = amount}
    end
    return charges
end

local function writeChanged(balances, after)
    for i = 1, #balances do
        local balance = balances[i]
        if balance.changed then write(KEYS[after + i], balance, balance.lifetime, balance.needed) end
    end
end
