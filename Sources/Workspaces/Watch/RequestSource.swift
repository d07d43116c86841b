package import Hummingbird
package import Web

/// Where a request comes from: something that its sender cannot choose, such as the connection's address, or a proxy's word for it where
/// there is a proxy before every ingress. Nil where that is not known: then nobody is slowed.
package typealias RequestSource = @Sendable (Request, AppContext) -> String?

extension WatchSubject {
    /// Where a request comes from, as `source` knows it.
    init(of request: Request, _ context: AppContext, by source: RequestSource) {
        self.init(source: source(request, context))
    }
}
