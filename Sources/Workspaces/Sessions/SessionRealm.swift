import HTTPTypes
package import Hummingbird
import Web

/// Whose pages a session opens: the cookie that holds it, where the browser sends it, and what its token has to be good for.
package struct SessionRealm: Sendable, Hashable {
    /// The cookie's name.
    package let cookie: String
    /// The pages that it is sent to begin with this.
    package let path: String
    /// What a token needs to be let in.
    package let scope: Scope

    package init(cookie: String, path: String, scope: Scope) {
        self.cookie = cookie
        self.path = path
        self.scope = scope
    }
}

/// Cookies as all pages of ours set them: HttpOnly, SameSite=Strict unless it is said otherwise, and Secure where the client's side is HTTPS.
package enum PageCookie {
    /// Which requests that another site has caused a cookie goes along with.
    package enum SameSite: String, Sendable {
        /// With none.
        case strict = "Strict"
        /// With whoever is led to a page of ours: for coming back from the issuer.
        case lax = "Lax"
    }

    /// - Parameter seconds: how long the browser keeps it; 0 to forget it.
    /// - Returns: the value of `Set-Cookie`.
    package static func header(
        _ name: String, _ value: String, path: String, seconds: Int64, sameSite: SameSite = .strict, for request: Request
    ) -> String {
        "\(name)=\(value); Path=\(path); Max-Age=\(seconds); HttpOnly; SameSite=\(sameSite.rawValue)" + (isSecure(request) ? "; Secure" : "")
    }

    /// This server speaks HTTP; a proxy in front of it that speaks HTTPS says so. Who says so without one only keeps its own
    /// browser from sending the cookie.
    private static func isSecure(_ request: Request) -> Bool {
        request.headers[.forwardedProto]?.lowercased() == "https"
    }
}
