-- finish.v3: several reservations of one tenant root end, each settled or released, in the order given. Begins with balance.v3.
-- Several in one call, because a command's own cost and reading and writing the balances are most of what an end costs.
-- KEYS    N reservations, then B balances; all of one tenant root
-- ARGV    1 packed: B N  H B
--           the balances and their terms, as readTerms reads them
--           per reservation: B state ('S' settled, 'R' released, 'U' released where an attempt has taken it that began between d and d (ms), which follow
--           the H)  H charges, without buckets that stay as they are, per charge: H term  H its number among all charges  d d d
--             bucket: tokens to take in addition (negative: to give back), 0, 0
--             slots:  0, 0, 0
--             window: amount held, settled total (-2^53 when unknown), the total's epoch
-- RETURNS how many were open. Others had ended before or are forgotten: of those only totals are raised
local packed = ARGV[1]
local N, B, at = unpacked('>BH', packed)
local values = redis.call('MGET', unpack(KEYS))
local balances, terms
balances, terms, at = readTerms(values, N, B, packed, at)

-- A total is kept also where the window is unknown: somebody may be about to load an older one.
local function settle(term, ends, a, total, epoch)
    local balance = term.balance
    local window = windowOf(balance, term.tag, term.c, term.d)
    if not window and total ~= NOTHING then window = newWindow(balance, term.tag, term.c, term.d) end
    if not window then return end
    if ends and a > 0 then free(window, ends, a) end
    if total ~= NOTHING then raise(window, epoch, total) end
    balance.changed = true
end

-- A reservation that was put back has no figures: its bucket began anew after a loss, or it was decided without this server. So it took nothing of it and
-- gives nothing back; what was used beyond it is taken. What a bucket in shadow mode would have refused took nothing of it either, see reserve.v3, so there
-- is nothing to correct.
local function isToCorrect(term, a, record, figures, charge)
    local gives = 3 * charge <= figures
    if term.b <= 0 or a < 0 and not gives then return false end
    return term.shadow == 0 or not gives or unpacked('>d', record, 4 + 24 * charge) == 0
end

-- A payload begins with the moment of its attempt: eight bytes in ms behind three others.
local function isOf(record, first, last)
    local at = 15 + 8 * unpacked('>H', record, 10)
    if #record < at + 7 then return false end
    local high, low = unpacked('>I4I4', record, at)
    local began = high * 4294967296 + low
    return first <= began and began <= last
end

local ended, open = {}, 0
for r = 1, N do
    local key, record = KEYS[r], values[r]
    local state, count, ends, figures
    state, count, at = unpacked('>BH', packed, at)
    local concerned = isOpen(record) and not ended[key]
    if state == 85 then
        local first, last
        first, last, at = unpacked('>dd', packed, at)
        state, concerned = 82, concerned and isOf(record, first, last)
    end
    if concerned then
        ends, figures = unpacked('>dH', record, 2)
        ended[key] = string.char(state) .. string.sub(record, 2)
        open = open + 1
    end
    for _ = 1, count do
        local position, charge, a, total, epoch
        position, charge, a, total, epoch, at = unpacked('>HHddd', packed, at)
        local term = terms[position]
        if term.tag > SLOTS then
            settle(term, ends, a, total, epoch)
        elseif ends and term.tag < SLOTS then
            if isToCorrect(term, a, record, figures, charge) then correct(term.balance, term, a) end
        elseif ends and term.balance.slots then
            free(term.balance.slots, ends, 1)
            term.balance.changed = true
        end
    end
end

writeChanged(balances, N)
for key, record in pairs(ended) do redis.call('SET', key, record, 'KEEPTTL') end
return open
