import Foundation
import Jobs
import Testing

@testable import Support

/// The quick reader of requests against the general one: what it takes, the other reads the same way.
@Suite struct TicketRequestReadingTests {
    @Test(
        "both read a request alike, or the quick one leaves it",
        arguments: [
            (#"{"subject":"a","body":"b"}"#, true),
            (#"{"body":"b\n\"c\"","subject":"é\u00e9","priority":null,"category":"6003","wallet":"0xab","requester":"ann","more":"x"}"#, true),
            (#"{"subject":"a","body":"b","priority":"urgent","count":3}"#, true),
            (#"{"subject":"a","body":"b","priority":3}"#, false),
            (#"{"subject":"a","body":"b","labels":["x"]}"#, false),
            (#"{"subject":"a","subject":"b","body":"b"}"#, false),
            (#"{"subject":"a","sub\u006aect":"b","body":"b"}"#, false),
            (#"{"subject":"\ud83d","body":"b"}"#, false),
            (#"{"subject":"\x","body":"b"}"#, false),
            (#"{"subject":"a","body":"b",}"#, false),
            ("\u{feff}{\"subject\":\"a\",\"body\":\"b\"}", false),
            (#"{"subject":"a"}"#, false),
            (#"{"subject":null,"body":"b"}"#, false),
            ("[]", false),
        ])
    func alike(_ text: String, isQuick: Bool) throws {
        let body = Array(text.utf8)
        let quick = FlatJSON.read(body, TicketRequest.read)
        #expect((quick != nil) == isQuick)
        guard let quick else { return }
        let general = try JSONDecoder().decode(TicketRequest.self, from: Data(body))
        #expect("\(quick)" == "\(general)")
    }
}
