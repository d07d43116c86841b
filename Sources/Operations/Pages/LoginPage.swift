import Web
import Workspaces

/// Where an operator shows a token.
enum LoginPage {
    static func document(formToken: String, next: String, refusal: OperatorGate.Refusal?) -> HTML {
        PageLook.frame.document(
            title: "Sign in · Mainstay",
            main: """
                <h1>Mainstay operations</h1>
                \(words(for: refusal))
                <form method="post" action="/ops/login" class="act">
                <input type="hidden" name="form" value="\(formToken)">
                <input type="hidden" name="next" value="\(next)">
                <label>An operator's token<input type="password" name="token" size="44" required autofocus autocomplete="current-password"></label>
                <button class="main">Sign in</button>
                </form>
                <p class="asof">A token of the scope <code>operations:read</code>: <code>mainstay token create --operator --name NAME</code></p>
                """)
    }

    private static func words(for refusal: OperatorGate.Refusal?) -> HTML {
        switch refusal {
        case nil: .empty
        case .invalid?: "<p class=\"notice warn\">The token is not valid.</p>"
        case .expired?: "<p class=\"notice warn\">The token has expired.</p>"
        case .missingScope?: "<p class=\"notice warn\">The token is good, and not an operator's that may see this.</p>"
        case .staleForm?: "<p class=\"notice warn\">The form was too old. Send it again.</p>"
        }
    }
}

/// What is shown where a page cannot be.
enum ProblemPage {
    static func document(_ problem: Problem, requestID: String) -> HTML {
        PageLook.frame.document(
            title: "\(problem.title) · Mainstay",
            main: """
                <h1>\(problem.title)</h1>
                <p class="notice warn">\(problem.detail ?? "")</p>
                <p><a href="/ops">To the overview</a></p>
                <p class="asof">Request <span class="id">\(requestID)</span></p>
                """)
    }
}

/// What is said on the page that follows upon a form: one of these, by its word in the address.
enum PageNotice: String, Sendable, CaseIterable {
    case paused, resumed, cancelled, ended, replayed, discarded, unchanged, stopped
    case pausedBefore = "paused-before"
    case resumedBefore = "resumed-before"

    /// - Parameter count: of letters; nil where it is one thing.
    func html(count: Int?) -> HTML {
        switch self {
        case .paused: return Self.good("The queue is paused. Workers hear it within a second.")
        case .pausedBefore: return Self.good("The queue was paused before; the reason is the new one.")
        case .resumed: return Self.good("The queue goes on.")
        case .resumedBefore: return Self.good("The queue was not paused.")
        case .cancelled: return Self.good("The job's end is asked for.")
        case .ended: return Self.good("There was nothing to cancel: the job had ended.")
        case .replayed:
            guard let count else { return Self.good("The letter was replayed: its job is accepted again.") }
            return Self.good("\(PageWords.count(count)) letters were replayed.")
        case .discarded: return Self.good("The letter was discarded.")
        case .unchanged: return Self.good("Nothing was changed: somebody else was faster, or it was done before.")
        case .stopped:
            return """
                <p class="notice warn">It stopped at an error after \(PageWords.count(count ?? 0)) letters. Doing it again goes on from there.</p>
                """
        }
    }

    private static func good(_ words: HTML) -> HTML { "<p class=\"notice\">\(words)</p>" }

    /// The notice that a query names; nothing for any other word.
    static func html(of query: Query) -> HTML {
        guard let notice = query["said"].flatMap({ PageNotice(rawValue: $0) }) else { return .empty }
        return notice.html(count: query["count"].flatMap { Int($0) })
    }
}
