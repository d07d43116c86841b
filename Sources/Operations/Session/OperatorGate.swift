import Workspaces

/// Lets operators in to the pages under `/ops`, for which their browser keeps a cookie of its own.
typealias OperatorGate = SessionGate
/// That somebody showed an operator's token a while ago.
typealias OperatorSession = TokenSession
/// The operator who is looking at a page.
typealias Visitor = SessionVisitor

extension SessionRealm {
    /// The pages under `/ops`.
    static let operations = SessionRealm(cookie: "mainstay_ops", path: "/ops", scope: .operationsRead)
}

extension OperatorGate {
    static let loginCookie = PageCookie("mainstay_ops_login", path: "/ops/login")
}

extension Visitor {
    var acting: ActingOperator { ActingOperator(name: name, actor: actor) }
}

extension SessionSeal {
    /// - Parameter secret: the same at every ingress behind one address; nil for a key that ends with this process, and with it
    ///   all sessions.
    init(secret: String?) { self.init(secret: secret, purpose: "operations") }

    /// What the form carries by which somebody signs in.
    func loginToken(for word: String) -> String { wordToken(for: word) }

    func isGood(loginToken token: String, for word: String) -> Bool { isGood(wordToken: token, for: word) }
}
