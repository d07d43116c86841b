/// Whether a thing takes another time to be answered than an unknown one, as far as the noise lets anybody tell.
///
/// A round asks for the thing and for two unknown ones, in random order and right after each other, so that what loads the machine meets all
/// three alike. The thing and the first unknown one are a pair, and so are the two unknown ones: these are the control, which nothing but
/// noise can make differ. The medians of the differences count, which a few slow answers do not move.
///
/// The bound is the control's own: so many standard errors of such a median as the control scatters, and what the control's median is off
/// itself. A steady difference of less than a tenth of an answer counts as none: it is where things lie in memory, and no query more.
struct TimeComparison: Sendable, CustomStringConvertible {
    struct Round: Sendable {
        let known: Duration
        let unknown: Duration
        let other: Duration
    }

    enum Outcome: Sendable {
        case same, slower, faster
    }

    /// Milliseconds, as all times here.
    let difference: Double
    private let control: Double
    private let standardError: Double
    private let resolution: Double
    private let rounds: Int

    init(_ rounds: [Round]) {
        difference = Self.median(rounds.map { Self.milliseconds($0.known - $0.unknown) })
        let differences = rounds.map { Self.milliseconds($0.other - $0.unknown) }
        control = Self.median(differences)
        // Of a median of n values it is 1.2533 σ / √n, and between the quartiles lie 1.349 σ.
        standardError = 1.2533 / 1.349 * Self.spread(differences) / Double(max(rounds.count, 1)).squareRoot()
        resolution = Self.median(rounds.map { Self.milliseconds($0.unknown) }) / 10
        self.rounds = rounds.count
    }

    /// How far off a thing may be that is answered as an unknown one is.
    /// - Parameter errors: standard errors. With 3 one of some hundred comparisons goes wrong by chance.
    func bound(_ errors: Double) -> Double { max(errors * standardError + abs(control), resolution) }

    func outcome(within errors: Double) -> Outcome {
        guard abs(difference) > bound(errors) else { return .same }
        return difference > 0 ? .slower : .faster
    }

    var description: String {
        let (off, noise) = (Int(difference * 1000), Int(bound(3) * 1000))
        return "in the median of \(rounds) rounds \(off) µs beside an unknown one, where unknown ones differ by \(noise) µs"
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// Between the quartiles.
    private static func spread(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
