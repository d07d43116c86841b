import Foundation

/// The words that the agents of a bench are described with. A few are in most texts, and most are in few: the frequency of a word falls
/// with its place, as in any language (Zipf's law).
enum DirectoryBenchWords {
    private static let heads = words(
        """
        harbor river meadow forest canyon island valley summit ember frost thunder velvet copper silver marble amber cobalt crimson indigo saffron
        falcon otter badger heron lynx raven sparrow walrus comet lunar solar nebula quartz granite pebble willow cedar maple thistle clover
        lantern anchor compass candle mirror paper cotton ginger pepper honey market garden kitchen bridge castle village orchard prairie tundra
        glacier cipher vector pixel rocket
        """)
    private static let tails = words(
        """
        keeper wright smith guide scout pilot ranger warden weaver singer reader writer teller finder seeker maker mender builder painter planner
        trader broker banker tutor mentor coach doctor lawyer chef baker brewer farmer fisher hunter tracker runner walker rider sailor diver
        watcher listener speaker helper sorter picker mapper plotter counter hacker coder tester solver thinker dreamer joker player dancer
        drummer gamer judge clerk porter butler
        """)

    /// The most frequent first: short ones, as in any language, then 4,096 compounds, mixed. No two are the same.
    static let all: [String] = {
        let pairs = heads.count * tails.count
        // The factor is odd and the number of pairs a power of two: each pair comes once.
        let compounds = (0..<pairs).map { place in
            let pair = (place * 2357 + 11) % pairs
            return heads[pair / tails.count] + tails[pair % tails.count]
        }
        return zip(heads, tails).flatMap { [$0, $1] } + compounds
    }()

    /// How many ``coined(_:)`` knows.
    static let coinages = heads.count * tails.count * tails.count

    /// A word that nobody else has: what people call their agents. `number` counts around.
    static func coined(_ number: Int) -> String {
        let place = (number % coinages * 98_731 + 7) % coinages
        let (head, rest) = place.quotientAndRemainder(dividingBy: tails.count * tails.count)
        return heads[head] + tails[rest / tails.count] + tails[rest % tails.count]
    }

    // MARK: Drawing

    /// A place in a list, the first ones the most often: as 1 in (place + 3).
    static func place(in count: Int, using generator: inout some RandomNumberGenerator) -> Int {
        let share = Double.random(in: 0..<1, using: &generator)
        return min(count - 1, Int(3 * pow(Double(count + 3) / 3, share)) - 3)
    }

    /// A word as texts have it.
    static func drawn(using generator: inout some RandomNumberGenerator) -> String {
        all[place(in: all.count, using: &generator)]
    }

    /// So many words as texts have them.
    static func drawn(_ count: Int, using generator: inout some RandomNumberGenerator) -> [String] {
        var words: [String] = []
        for _ in 0..<count { words.append(drawn(using: &generator)) }
        return words
    }

    /// A sentence of these words.
    static func sentence(_ words: some Sequence<String>) -> String {
        capitalized(words.joined(separator: " ")) + "."
    }

    /// With a great first letter.
    static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + String(text.dropFirst()) }

    private static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}
