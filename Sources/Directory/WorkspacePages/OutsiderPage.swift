import Web
import Workspaces

/// What is told to somebody whose account is good and has no place here, and by whom that can be changed.
struct OutsiderPage: Sendable {
    let outsider: OIDCOutsider

    var headline: String {
        switch outsider.reason {
        case .unknown: "Your account is not known here"
        case .notMember: "You are no member of the workspace"
        }
    }

    var values: PageValues {
        [
            "headline": .text(headline), "paragraphs": .section(paragraphs.map { words -> PageValues in ["words": .text(words)] }),
            "issuer": .text(outsider.issuer), "subject": .maybe(outsider.subject), "command": .maybe(command),
        ]
    }

    private var paragraphs: [String] {
        switch outsider.reason {
        case .notMember:
            [
                "You have signed in, and your account is a member of no workspace here, or not of the one that it is to be used in.",
                "Ask one who looks after the members of a workspace for an invitation, accept it, and sign in again.",
            ]
        case .unknown(linksByEmail: false, hasEmail: _):
            [
                "You have signed in, and your account belongs to no user of this installation.",
                "Ask an operator of this installation to link it to your user. If you have none yet, ask a workspace for an invitation first.",
            ]
        case .unknown(linksByEmail: true, hasEmail: false):
            [
                "You have signed in, and your account belongs to no user of this installation.",
                "It is linked by itself to the user who has your address, and the identity provider has told no verified address of yours: "
                    + "have it verified there, or ask an operator of this installation to link the account.",
            ]
        case .unknown(linksByEmail: true, hasEmail: true):
            [
                "You have signed in, and no user of this installation has your address, or another account stands for the one who has.",
                "Ask a workspace for an invitation to that address, accept it, and sign in again; or ask an operator of this installation to "
                    + "link the account.",
            ]
        }
    }

    private var command: String? {
        guard case .unknown = outsider.reason, let subject = outsider.subject else { return nil }
        return "mainstay workspace link-account \(Self.quoted(subject)) USER"
    }

    /// For a shell, whatever the issuer calls an account.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isPlain && word.utf8.first != UInt8(ascii: "-") ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
