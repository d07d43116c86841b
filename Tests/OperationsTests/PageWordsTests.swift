import Foundation
import Jobs
import Testing
import Web

@testable import Operations

@Suite("The pages' words") struct PageWordsTests {
    @Test(
        "lengths of time are told in two units at the most",
        arguments: [
            (0, "0 s"), (0.0042, "4.2 ms"), (0.34, "340 ms"), (4.24, "4.2 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"),
            (356_400, "4 d 3 h"), (3600, "1 h"),
        ] as [(Double, String)])
    func lengths(seconds: Double, expected: String) {
        #expect(PageWords.lengthText(seconds) == expected)
    }

    @Test("numbers are grouped and short, and what is not known is no number")
    func numbers() {
        #expect(PageWords.grouped(0) == "0" && PageWords.grouped(999) == "999" && PageWords.grouped(1_234_567) == "1,234,567")
        #expect(PageWords.grouped(-1000) == "-1,000")
        #expect(PageWords.number(0.254) == "0.25" && PageWords.number(4.26) == "4.3" && PageWords.number(12_345.6) == "12,346")
        #expect(PageWords.count(nil) == PageWords.unknown && PageWords.rate(Double.infinity) == PageWords.unknown)
        #expect(PageWords.length(nil) == PageWords.unknown && PageWords.count(0).markup == "0")
    }

    @Test("a moment is shown to the second and kept to the millisecond")
    func moments() {
        let moment = PageWords.moment(Date(timeIntervalSince1970: 1_767_225_600.25))
        #expect(moment.markup == #"<time datetime="2026-01-01T00:00:00.250Z">2026-01-01 00:00:00</time>"#)
        #expect(PageWords.moment(nil) == PageWords.none)
    }

    @Test("a long text is cut, and all of it is where the pointer rests, both escaped")
    func excerpts() {
        let text = "<b>" + String(repeating: "x", count: 200)
        let excerpt = PageWords.excerpt(text, 10).markup
        #expect(excerpt.contains("&lt;b&gt;xxxxxxx…") && excerpt.contains(#"title="&lt;b&gt;x"#) && !excerpt.contains("<b>"))
        #expect(PageWords.excerpt("two\nlines").markup == "two lines" && PageWords.excerpt("") == PageWords.none)
    }

    @Test("times are read as people and browsers write them")
    func reading() {
        let now = Date(timeIntervalSince1970: 1_767_225_600)
        for text in ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00", "2026-01-01T00:00", "2026-01-01"] {
            #expect(Moment.date(text, now: .distantFuture) == now, "\(text)")
        }
        for (text, seconds) in [("90s", 90.0), ("15m", 900), ("2h", 7200), ("3d", 259_200)] {
            #expect(Moment.date(text, now: now) == now.addingTimeInterval(-seconds), "\(text)")
        }
        for text in ["", "soon", "h", "-2h", "2w", "99999999h"] { #expect(Moment.date(text, now: now) == nil, "\(text)") }
    }

    @Test("every notice of an address is one of ours, and a count is a number")
    func notices() throws {
        let (many, strange, marked) = (
            try Query("said=replayed&count=12"), try Query("said=%3Cscript%3E&count=1"), try Query("said=replayed&count=%3Cb%3E")
        )
        #expect(PageNotice.html(of: many).markup.contains("12 letters"))
        #expect(PageNotice.html(of: strange) == HTML.empty)
        #expect(!PageNotice.html(of: marked).markup.contains("<b>"))
        for notice in PageNotice.allCases { #expect(notice.html(count: nil) != HTML.empty) }
    }
}
