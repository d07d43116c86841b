import Foundation
import HTTPTypes
import Testing
import Web

@testable import Support

@Suite("The body of a new ticket")
struct TicketRequestTests {
    static func request(
        subject: String = "Zero balance", body: String = "…", priority: String? = nil, category: String? = nil, wallet: String? = nil,
        requester: String? = nil
    ) -> TicketRequest {
        TicketRequest(subject: subject, body: body, priority: priority, category: category, wallet: wallet, requester: requester)
    }

    @Test("Good bodies become the payload they say")
    func good() throws {
        #expect(
            try Self.request().checked()
                == CreateTicket(subject: "Zero balance", body: "…", priority: .normal, category: nil, wallet: nil, requester: nil))
        let full = try Self.request(priority: "urgent", category: "6004", wallet: "0xAbC", requester: "Ada").checked()
        #expect(full.priority == .urgent && full.category == .migrationOverMaxLimit && full.wallet == "0xAbC" && full.requester == "Ada")
    }

    @Test(
        "What is at its bound passes",
        arguments: [
            request(subject: "x"), request(subject: String(repeating: "x", count: 200)), request(subject: "👩‍👩‍👧‍👦 ‘größer’"),
            request(body: ""), request(body: String(repeating: "x", count: 131_072)), request(body: "a\n\tb\r\n"),
            request(wallet: "abc"), request(wallet: "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"), request(wallet: "vitalik.eth"),
            request(wallet: "eip155:1:0x52908400098527886E0F7030069857D2E4169EE7"), request(requester: "x"),
        ])
    func atBound(request: TicketRequest) throws {
        _ = try request.checked()
    }

    @Test(
        "What is wrong is named by its place",
        arguments: [
            (request(subject: ""), "#/subject"), (request(subject: " \u{3000}\t"), "#/subject"),
            (request(subject: String(repeating: "x", count: 201)), "#/subject"), (request(subject: "a\nb"), "#/subject"),
            (request(subject: "a\u{1B}[31mb"), "#/subject"), (request(subject: "a\u{7F}b"), "#/subject"), (request(subject: "a\u{85}b"), "#/subject"),
            (request(subject: "a\u{202E}b"), "#/subject"), (request(subject: "a\u{2028}b"), "#/subject"),
            (request(body: String(repeating: "x", count: 131_073)), "#/body"), (request(body: String(repeating: "é", count: 65_537)), "#/body"),
            (request(priority: "High"), "#/priority"), (request(priority: ""), "#/priority"), (request(category: "nonsense"), "#/category"),
            (request(wallet: ""), "#/wallet"), (request(wallet: "ab"), "#/wallet"), (request(wallet: "not a wallet"), "#/wallet"),
            (request(wallet: "0xé"), "#/wallet"), (request(wallet: String(repeating: "1", count: 129)), "#/wallet"),
            (request(requester: ""), "#/requester"), (request(requester: "a\u{0}b"), "#/requester"),
        ])
    func wrong(request: TicketRequest, pointer: String) {
        let problem = #expect(throws: Problem.self) { try request.checked() }
        #expect(problem?.status.code == 422)
        #expect(Set((problem?.errors ?? []).map(\.place)) == [.pointer(pointer)])
    }

    @Test("All faults are told at once")
    func allAtOnce() {
        let problem = #expect(throws: Problem.self) {
            try Self.request(subject: "", priority: "?", category: "?", wallet: "?", requester: "").checked()
        }
        #expect(problem?.errors.map(\.place) == ["subject", "priority", "category", "wallet", "requester"].map { .pointer("#/\($0)") })
    }

    @Test("A reply needs words, and an author that exists")
    func replies() throws {
        #expect(try ReplyRequest(body: "Hello", author: nil).checked() == ("Hello", .support))
        #expect(try ReplyRequest(body: "Hello", author: "automation").checked().author == .automation)
        for (request, pointer) in [
            (ReplyRequest(body: " \n", author: nil), "#/body"), (ReplyRequest(body: String(repeating: "x", count: 131_073), author: nil), "#/body"),
            (ReplyRequest(body: "x", author: "bot"), "#/author"),
        ] {
            let problem = #expect(throws: Problem.self) { try request.checked() }
            #expect(problem?.errors.map(\.place) == [.pointer(pointer)])
        }
    }
}
