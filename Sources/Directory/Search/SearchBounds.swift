/// How far a search looks: what it costs hangs on these, and not on how many agents there are.
///
/// A row of `listing_index` costs about 1 µs of the server in the order of publication, 1.5 µs by the words, 6 µs in the order of forks;
/// a count of forks 2.5 µs, words that are weighed 0.6 µs, names that are compared 15 µs, a result that is counted for facets 5 µs.
struct SearchBounds: Sendable {
    static let standard = SearchBounds()

    /// The newest listings, which a search looks at first: they tell whether what is asked for is frequent.
    var sample = 800
    /// So many of the sample fit what is frequent. To ask the index for that costs more than to go along an order: for a word of an eighth
    /// of 100,000 listings it costs 8 ms, and it grows with their number.
    var frequent = 30
    /// A phrase of frequent words may be rare all the same: with fewer in the sample the index is asked.
    var scarce = 30
    /// Of so few listings, about, the index is asked in any case: what is frequent among them is no long list.
    var small = 5000
    /// Words that are found so often were not mistyped.
    var page = 20
    /// Of what fits, so many are ranked.
    var ranked = 200
    /// The same for phrases, most of which are looked at in vain, and where names are compared letter by letter.
    var rankedDearly = 100
    /// The most forked listings, which are looked at beside those.
    var mostForked = 200
    /// Listings behind the cursor that are looked at for a page of the newest.
    var newestAhead = 2000
    /// The same for a page of the most forked.
    var mostForkedAhead = 1000
    /// Results that facets are counted over.
    var counted = 400
}
