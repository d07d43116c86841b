import Foundation
import Testing

@testable import Workspaces

@Suite("An external identity")
struct ExternalIdentityTests {
    @Test("has one id for ever, and no two have the same")
    func ids() {
        let ann = ExternalIdentity(issuer: "https://id.example.com", subject: "ann")
        #expect(ann.id == UUID(uuidString: "d62b1e61-7c6c-852a-92cb-5cd6d15f0d10"))
        #expect(ExternalIdentity(issuer: "https://id.example.com", subject: "Grüße|7").id == UUID(uuidString: "d0c477f3-7b6a-8bc6-9e50-78652951a280"))
        let others = [("https://id.example.co", "mann"), ("https://id.example.com", "Ann"), ("https://id.example.coma", "nn"), ("", "")]
        let ids = Set(others.map { ExternalIdentity(issuer: $0.0, subject: $0.1).id } + [ann.id])
        #expect(ids.count == others.count + 1)
        for id in ids { #expect(id.uuid.6 >> 4 == 8 && id.uuid.8 >> 6 == 0b10) }
    }
}
