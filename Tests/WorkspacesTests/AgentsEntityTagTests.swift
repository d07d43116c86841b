import Testing

@testable import Workspaces

@Suite("Tags of public answers")
struct AgentsEntityTagTests {
    private static let tag = EntityTag(of: Array("a".utf8))
    /// SHA-256 of `a`, its first half.
    private static let digits = "ca978112ca1bbdcafac231b39a23dc4d"

    @Test("are weak, and made of the bytes")
    func form() {
        #expect(Self.tag.description == "W/\"\(Self.digits)\"")
        #expect(EntityTag(of: Array("b".utf8)) != Self.tag)
    }

    @Test(
        "are recognised in whatever form they come back",
        arguments: [
            (["W/\"ca978112ca1bbdcafac231b39a23dc4d\""], true), (["\"ca978112ca1bbdcafac231b39a23dc4d\""], true), (["*"], true),
            (["\"x\", W/\"ca978112ca1bbdcafac231b39a23dc4d\" , \"y\""], true), (["\"x\"", "W/\"ca978112ca1bbdcafac231b39a23dc4d\""], true),
            ([], false), ([""], false), (["W/\"x\""], false), (["ca978112ca1bbdcafac231b39a23dc4d"], false), (["W/"], false),
        ] as [([String], Bool)])
    func shown(fields: [String], expected: Bool) {
        #expect(Self.tag.isShown(by: fields) == expected)
    }
}
