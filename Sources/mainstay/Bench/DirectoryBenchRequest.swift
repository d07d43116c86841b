/// What is asked of the directory, by the name that reports show.
enum DirectoryBenchRequest: String, CaseIterable, Sendable {
    // Lists.

    case newest
    /// At a depth of 100 pages, by a cursor.
    case newestPage100 = "newest-page-100"
    case newestPage2000 = "newest-page-2000"
    case mostForked = "most-forked"
    case tag
    case plugin
    case owner
    case updatedSince = "updated-since"

    // Searches.

    /// A word that one agent has.
    case rareWord = "rare-word"
    /// One of the twenty most frequent.
    case commonWord = "common-word"
    /// Two words of one agent's summary.
    case twoWords = "two-words"
    /// Two that stand beside each other there, in quotes.
    case phrase
    /// A rare word with a letter that is another one.
    case typoLetter = "typo-letter"
    /// A rare word with two letters that have changed places.
    case typoSwap = "typo-swap"
    /// A word as texts have it, with facets.
    case facets

    // One agent.

    case agent
    case versions
    /// Of the first version and the last one.
    case difference

    // Pages for people.

    case pageAgents = "page-agents"
    /// The same with a word as texts have it.
    case pageSearch = "page-search"
    case pageAgent = "page-agent"

    /// From `POST` to the outcome of the job.
    case fork

    /// The route that a page for people has; nil for the rest.
    private var page: String? {
        switch self {
        case .pageAgents, .pageSearch: "/agents"
        case .pageAgent: "/agents/{owner}/{name}"
        default: nil
        }
    }

    /// Those that this program answers.
    static let all = allCases.filter { request in request.page.map { DirectoryBenchPages.paths.contains($0) } ?? true }
}
