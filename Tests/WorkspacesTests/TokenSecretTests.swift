import Foundation
import Testing
import Web

@testable import Workspaces

@Suite("A token's secret")
struct TokenSecretTests {
    @Test("has its mark, thirty random characters and a checksum, and is read back")
    func form() throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let secret = TokenSecret()
            #expect(secret.text.hasPrefix("mst_"))
            #expect(secret.text.utf8.count == 40)
            #expect(secret.text.dropFirst(4).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
            #expect(TokenSecret(secret.text) == secret)
            #expect(seen.insert(secret.text).inserted)
        }
    }

    @Test("with one character altered, anywhere, is none")
    func altered() {
        let secret = TokenSecret()
        let letters = Array(secret.text)
        for index in letters.indices {
            for replacement in ["0", "z", "A"] where Character(replacement) != letters[index] {
                var changed = letters
                changed[index] = Character(replacement)
                #expect(TokenSecret(String(changed)) == nil, "character \(index)")
            }
        }
    }

    @Test("with two neighbours exchanged is none")
    func exchanged() {
        let letters = Array(TokenSecret().text)
        for index in letters.indices.dropLast() where letters[index] != letters[index + 1] {
            var changed = letters
            changed.swapAt(index, index + 1)
            #expect(TokenSecret(String(changed)) == nil, "character \(index)")
        }
    }

    @Test(
        "is not shorter, longer, or of other letters",
        arguments: ["", "mst_", "mst_" + String(repeating: "0", count: 35), "mst_" + String(repeating: "é", count: 18)])
    func other(_ text: String) {
        #expect(TokenSecret(text) == nil)
        #expect(TokenSecret(TokenSecret().text + "0") == nil)
    }

    @Test("is not printed, and only its beginning is shown")
    func printed() {
        let secret = TokenSecret()
        #expect("\(secret)" == "\(secret.text.prefix(8))…")
        #expect(secret.prefix == String(secret.text.prefix(8)))
        #expect(secret.hash.count == 32)
    }

    @Test(
        "CRC-32 is the one of the standard",
        arguments: [("123456789", UInt32(0xCBF4_3926)), ("", 0), ("The quick brown fox jumps over the lazy dog", 0x414F_A339)])
    func checksum(_ text: String, _ value: UInt32) {
        #expect(CRC32.checksum(Array(text.utf8)) == value)
    }
}

@Suite("Words of this module")
struct WorkspaceWordsTests {
    @Test(
        "a slug is one label of a host name",
        arguments: ["a", "acme", "a1", "1a", "acme-labs", "a-b-c", String(repeating: "a", count: 39), "default"])
    func slugs(_ text: String) throws {
        #expect(try Slug(text).text == text)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "Acme", "acme_labs", "-acme", "acme-", "ac--me", String(repeating: "a", count: 40), "ächme", "a.b", "a b", "a\0", "api", "v1",
            "admin", "www",
        ])
    func notSlugs(_ text: String) {
        let error = #expect(throws: WorkspaceError.self) { () throws(any Error) in _ = try Slug(text) }
        #expect(error?.code == .invalidSlug)
    }

    @Test("the default workspace's slug is one, and its id is the one of the migration")
    func defaults() throws {
        #expect(try Slug(Workspace.defaultSlug).text == "default")
        #expect(Workspace.defaultID.uuidString == "00000000-0000-7000-8000-000000000001")
    }

    @Test("a workspace's own scopes do not hold the installation's")
    func scopes() {
        #expect(Scope.allCases.count == 21)
        #expect(!Scope.workspace.contains(.operator) && Scope.workspace.isDisjoint(with: Scope.installation))
        #expect(Scope.workspace.contains(.tokensAdmin))
    }

    @Test("the one scope that operators had stands for all that there are now, and no other one does")
    func implied() {
        let all: Set<String> = ["operations:read", "operations:write", "directory:moderate", "audit:read"]
        #expect(Set(Scope.installation.map(\.rawValue)) == all)
        #expect(Scope.implied(by: ["operator", "jobs:read"]) == all.union(["operator", "jobs:read"]))
        #expect(Scope.implied(by: ["operations:read"]) == ["operations:read"])
        #expect(Scope.implied(by: Set(Scope.workspace.map(\.rawValue))).isDisjoint(with: all))
        func isOperator(_ scopes: Set<String>) -> Bool {
            Identity(workspace: UUID(), workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: scopes).isOperator
        }
        #expect(isOperator(["operator"]) && isOperator(["audit:read"]) && !isOperator(["workspace:admin", "things:read"]))
    }
}
