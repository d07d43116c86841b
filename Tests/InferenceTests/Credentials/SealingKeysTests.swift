import Foundation
import Workspaces
import TestSupport
import Testing

@testable import Inference

@Suite("Sealing secrets") struct SealingKeysTests {
    private let workspace = UUID()
    private let secret = Array("sk-0123456789".utf8)

    private func keys(_ texts: String...) throws -> SealingKeys { try SealingKeys(texts.joined(separator: ",")) }

    @Test("what was sealed opens at its place, under the first key and, once another is in front, under the older one")
    func roundTrip() throws {
        let place = SealedPlace.credential(of: "openai", workspace)
        let sealed = try keys(SetupFixture.oldKey).seal(secret, for: place)
        #expect(sealed.keyID == "old")
        let rotated = try keys(SetupFixture.newKey, SetupFixture.oldKey)
        #expect(try rotated.open(sealed, for: place) == secret)
        #expect(try rotated.seal(secret, for: place).keyID == "new")
        #expect(throws: SealFault.unknownKey("old")) { try keys(SetupFixture.newKey).open(sealed, for: place) }
    }

    @Test("bytes are never the same twice, and never hold the secret", arguments: 1...20)
    func fresh(_ length: Int) throws {
        let keys = try keys(SetupFixture.oldKey)
        let secret = (0..<length * 7).map { _ in UInt8.random(in: .min ... .max) }
        let place = SealedPlace.tool(UUID(), workspace)
        let (one, two) = (try keys.seal(secret, for: place), try keys.seal(secret, for: place))
        #expect(one != two && one.bytes.count == secret.count + 28)
        #expect(!(0...28).contains { one.bytes[$0...].starts(with: secret) })
        #expect(try keys.open(one, for: place) == secret)
    }

    @Test("a secret that was moved to another workspace, provider or tool does not open")
    func moved() throws {
        let keys = try keys(SetupFixture.oldKey)
        let tool = UUID()
        let sealed = try keys.seal(secret, for: .credential(of: "openai", workspace))
        let elsewhere: [SealedPlace] = [
            .credential(of: "openai", UUID()), .credential(of: "anthropic", workspace), .credential(of: "openai2", workspace), .tool(tool, workspace),
        ]
        for place in elsewhere { #expect(throws: SealFault.damaged) { try keys.open(sealed, for: place) } }
        let ofTool = try keys.seal(secret, for: .tool(tool, workspace))
        #expect(throws: SealFault.damaged) { try keys.open(ofTool, for: .tool(UUID(), workspace)) }
        #expect(throws: SealFault.damaged) { try keys.open(ofTool, for: .credential(of: tool.uuidString.lowercased(), workspace)) }
    }

    @Test("no byte of it can be changed, and none be left out")
    func tampered() throws {
        let keys = try keys(SetupFixture.oldKey)
        let place = SealedPlace.credential(of: "openai", workspace)
        let sealed = try keys.seal(secret, for: place)
        for index in sealed.bytes.indices {
            var changed = sealed
            changed.bytes[index] ^= 1
            #expect(throws: SealFault.damaged) { try keys.open(changed, for: place) }
            changed.bytes = Array(sealed.bytes[..<index])
            #expect(throws: SealFault.damaged) { try keys.open(changed, for: place) }
        }
    }

    @Test("without a key nothing is sealed and nothing opens")
    func none() throws {
        let sealed = try keys(SetupFixture.oldKey).seal(secret, for: .credential(of: "p", workspace))
        #expect(throws: SealFault.noKey) { try SealingKeys.none.seal(secret, for: .credential(of: "p", workspace)) }
        #expect(throws: SealFault.unknownKey("old")) { try SealingKeys.none.open(sealed, for: .credential(of: "p", workspace)) }
    }

    @Test(
        "a list that is none is told without a word of a key",
        arguments: [
            "", "old", "old:", "old:c2hvcnQ=", "Old:\(Data(repeating: 1, count: 32).base64EncodedString())", "a:not base64 at all!",
            "a:\(Data(repeating: 1, count: 31).base64EncodedString())", "\(SetupFixture.oldKey),\(SetupFixture.oldKey)", "\(SetupFixture.oldKey),",
        ])
    func faults(_ text: String) throws {
        let fault = #expect(throws: SealingKeys.Fault.self) { try SealingKeys(text) }
        for part in text.split(whereSeparator: { ":,".contains($0) }) where part.count > 10 {
            #expect(fault?.description.contains(part) == false)
        }
    }
}
