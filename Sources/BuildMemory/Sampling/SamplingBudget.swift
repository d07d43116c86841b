/// How often to look, so that looking stays within a share of one core.
///
/// Credit grows with time: `share` of each second that the command runs, on top of a fixed `allowance` so that a short command
/// is seen too. Reading RSS gets 60 % of it and takes place at least every two seconds whatever it costs; PSS is read from what
/// is left, and only at a new peak.
///
/// | one scan costs | share | interval |
/// |---|---|---|
/// | 60 µs | 1 % | 20 ms (never shorter, except while the command starts) |
/// | 300 µs | 1 % | 50 ms |
/// | 600 µs | 1 % | 100 ms |
/// | 600 µs | 5 % | 20 ms |
/// | 20 ms | 1 % | 2 s (never longer) |
///
/// PSS is read when the tree has grown by so much since the last reading:
///
/// | credit | the tree is as large as at the last look | grown by |
/// |---|---|---|
/// | eight readings | – | anything |
/// | one reading | yes, within 2 % | 1 % |
/// | one reading | no, it still grows | 25 % |
/// | less | – | never |
struct SamplingBudget: Sendable {
    /// Microseconds of processor time that a command may cost from the start: some 60 scans, or the PSS of 1.5 GB once.
    static let allowance = 20_000.0
    private static let scanShare = 0.6
    /// In milliseconds.
    static let shortest = 20.0
    /// In milliseconds.
    static let longest = 2_000.0
    /// Measured by others at 13 ms per GB; corrected by what is measured here.
    static let pssMicrosecondsPerByte = 13_000.0 / 1e9

    /// Share of one core, 0.01 for one percent.
    let share: Double
    /// Microseconds spent so far.
    private(set) var spent = 0.0
    /// Microseconds that a scan costs, smoothed.
    private(set) var scanCost = 300.0
    /// Microseconds that PSS costs per resident byte, smoothed.
    private(set) var pssCost = Self.pssMicrosecondsPerByte
    private(set) var scans = 0
    private(set) var pssReads = 0
    private var scanSpent = 0.0
    private var pssAtRSS = 0
    private var lastRSS = 0
    private var isSettled = false

    init(share: Double) { self.share = share }

    /// A scan has found so many resident bytes and cost so many microseconds of processor time.
    mutating func scanned(rss: Int, microseconds: Double) {
        scanCost = scans == 0 ? microseconds : scanCost * 0.8 + microseconds * 0.2
        spent += microseconds
        scanSpent += microseconds
        scans += 1
        isSettled = abs(rss - lastRSS) <= rss / 50
        lastRSS = rss
    }

    /// The PSS of a tree of so many resident bytes has been read.
    mutating func readPSS(ofRSS rss: Int, microseconds: Double) {
        // The first megabytes are dominated by opening files; they say little about the price of a byte.
        if rss > 16 << 20 { pssCost = pssCost * 0.5 + microseconds / Double(rss) * 0.5 }
        spent += microseconds
        pssReads += 1
        pssAtRSS = max(pssAtRSS, rss)
    }

    /// Milliseconds until the next scan. While the command starts, scans follow each other from 2 ms upwards, for many commands
    /// have ended before the first regular one.
    func interval(atMilliseconds now: Double) -> Double {
        let regular = min(max(scanCost / 1_000 / (share * Self.scanShare), Self.shortest), Self.longest)
        let starting = 2 * Double(scans)
        let scanCredit = Self.scanShare * (Self.allowance + now * 1_000 * share) - scanSpent
        if starting < regular, scanCredit > 2 * scanCost { return max(starting, 2) }
        // In debt, after a PSS that cost more than was thought: wait until time has paid for it.
        let debt = -credit(atMilliseconds: now)
        return debt <= 0 ? regular : min(max(regular, debt / 1_000 / share), Self.longest)
    }

    /// Whether the PSS of the tree just scanned is worth its price now, by the table above. As memory grows, the readings grow
    /// with its logarithm and not with its samples.
    func wantsPSS(ofRSS rss: Int, atMilliseconds now: Double) -> Bool {
        guard rss > pssAtRSS else { return false }
        let price = Double(rss) * pssCost + scanCost
        let credit = credit(atMilliseconds: now)
        guard credit >= price else { return false }
        return credit >= 8 * price || Double(rss) > Double(pssAtRSS) * (isSettled ? 1.01 : 1.25)
    }

    /// Microseconds that may be spent now; negative when too much was.
    func credit(atMilliseconds now: Double) -> Double { Self.allowance + now * 1_000 * share - spent }
}
