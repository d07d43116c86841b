import Foundation
import Web

/// What a token endpoint is sent: a code, and what shows that it is ours (RFC 6749, section 4.1.3; RFC 7636, section 4.5).
struct OIDCTokenRequest: Sendable {
    let address: OIDCAddress
    /// A form.
    let body: String
    /// `client_secret_basic`; nil for a public client.
    let authorization: String?

    /// - Parameter verifier: PKCE's, whose challenge went to the issuer's pages.
    init(code: String, verifier: String, of party: OIDCRelyingParty, at address: OIDCAddress) {
        self.address = address
        var fields: [(name: String, value: String?)] = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", party.callback.text), ("code_verifier", verifier),
        ]
        if let secret = party.secret {
            // Each half in a form's encoding (RFC 6749, section 2.3.1), so that neither can hold a colon.
            let pair = "\(PageAddress.encode(party.id)):\(PageAddress.encode(secret.revealed))"
            authorization = "Basic \(Data(pair.utf8).base64EncodedString())"
        } else {
            fields.append(("client_id", party.id))
            authorization = nil
        }
        body = String(PageAddress.query("", fields).dropFirst())
    }
}

/// What it answered.
struct OIDCTokenAnswer: Sendable {
    /// Of HTTP.
    let status: Int
    let body: [UInt8]

    /// What an answer comes to.
    enum Reading: Sendable, Equatable {
        /// The ID token. The access token beside it is for nobody here, so nothing is done with it, and its `at_hash` says nothing.
        case token(String)
        /// The code was used before, is too old, or was never given out.
        case spent
        /// Anything else, with the issuer's own word for it.
        case refused(String)
    }

    var reading: Reading {
        let document = OIDCDocument.object(body)
        if status == 200 {
            guard let token = document?["id_token"]?.text else { return .refused("no-id-token") }
            return .token(token)
        }
        guard let word = document?["error"]?.text else { return .refused("status-\(status)") }
        return word == "invalid_grant" ? .spent : .refused(word)
    }
}

/// Sends a code to a token endpoint, within a bound of time and size.
/// Throws ``OIDCFault``.
typealias OIDCExchange = @Sendable (OIDCTokenRequest) async throws -> OIDCTokenAnswer
