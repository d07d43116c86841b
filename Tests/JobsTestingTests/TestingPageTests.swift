import Foundation
import Testing

@Suite struct TestingPageTests {
    @Test("the example of ops/testing.md is one of these files, word for word")
    func example() throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let page = try String(
            contentsOf: here.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("ops/testing.md"), encoding: .utf8)
        let source = try String(contentsOf: here.appendingPathComponent("WelcomeTests.swift"), encoding: .utf8)
        let blocks = page.components(separatedBy: "```swift\n").dropFirst().compactMap { $0.components(separatedBy: "\n```").first }
        #expect(blocks.contains { $0.contains("WelcomeHandler") && source.contains($0) })
    }
}
