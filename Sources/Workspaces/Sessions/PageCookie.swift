import HTTPTypes
package import Hummingbird
import Web

/// A cookie as all pages of ours set them: HttpOnly, SameSite=Strict unless it is said otherwise, and Secure where the client's side is HTTPS.
///
/// | the client's side | name | path |
/// |---|---|---|
/// | HTTPS | `__Host-` and the name | `/` |
/// | HTTP | the name | the cookie's own |
package struct PageCookie: Sendable, Hashable {
    /// Which requests that another site has caused a cookie goes along with.
    package enum SameSite: String, Sendable {
        /// With none.
        case strict = "Strict"
        /// With whoever is led to a page of ours: for coming back from the issuer.
        case lax = "Lax"
    }

    private let name: String
    private let path: String
    private let sameSite: SameSite

    /// - Parameters:
    ///   - name: without a prefix.
    ///   - path: the pages that it is sent to begin with this, over HTTP.
    package init(_ name: String, path: String, sameSite: SameSite = .strict) {
        self.name = name
        self.path = path
        self.sameSite = sameSite
    }

    /// What the browser has kept of it; nil when it has none. Over HTTPS one without the prefix is none: another host may have set it.
    package func value(in request: Request) -> String? {
        request.cookies[place(for: request).name]?.value
    }

    /// - Parameter seconds: how long the browser keeps it.
    /// - Returns: the value of `Set-Cookie`.
    package func header(_ value: String, seconds: Int64, for request: Request) -> String {
        let place = place(for: request)
        return "\(place.name)=\(value); Path=\(place.path); Max-Age=\(seconds); HttpOnly; SameSite=\(sameSite.rawValue)"
            + (Self.isSecure(request) ? "; Secure" : "")
    }

    /// The same that makes the browser forget it.
    package func forgotten(for request: Request) -> String { header("", seconds: 0, for: request) }

    /// A browser takes a name with `__Host-` from this host alone (RFC 6265bis, section 4.1.3.2), so that no other host of the domain can plant
    /// an attempt, or a session, of its own in somebody's browser. The prefix asks for Path=/. `__Secure-` would leave the path and let those
    /// hosts in; and a path keeps nothing from anybody, for all pages are of one origin. What goes along to more pages is signed and without secrets.
    private func place(for request: Request) -> (name: String, path: String) {
        Self.isSecure(request) ? ("__Host-\(name)", "/") : (name, path)
    }

    /// This server speaks HTTP; a proxy in front of it that speaks HTTPS says so. Who says so without one only keeps its own
    /// browser from sending the cookie.
    private static func isSecure(_ request: Request) -> Bool {
        request.headers[.forwardedProto]?.lowercased() == "https"
    }
}
