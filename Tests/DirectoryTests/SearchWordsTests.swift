import Foundation
import HTTPTypes
import Testing
import Web

@testable import Directory

@Suite("What is asked of the directory")
struct SearchWordsTests {
    @Test(
        "words are parted by white space, and none is no question",
        arguments: [("", nil), ("  \n ", nil), (" Tide\tTABLE ", "Tide TABLE")] as [(String, String?)])
    func words(typed: String, expected: String?) {
        #expect(SearchWords(typed)?.text == expected)
    }

    @Test(
        "names are compared with what is neither quoted nor left out",
        arguments: [
            ("tide table", "tide table"), ("tide OR rope", "tide rope"), ("tide -rope", nil), ("\"tide table\"", nil), ("or", nil), ("-", "-"),
            ("tide-table", "tide-table"),
        ] as [(String, String?)])
    func likeness(typed: String, expected: String?) {
        #expect(SearchWords(typed)?.likeness == expected)
    }

    @Test("words are bounded in number and length")
    func bounds() {
        #expect(SearchWords(Array(repeating: "x", count: 100).joined(separator: " "))?.text.count == 15)
        #expect(SearchWords(String(repeating: "x", count: 1000))?.text.count == 64)
    }

    @Test("everything in a query is read, and the order follows the words")
    func query() throws {
        let filters = "tag=%20Deep%20Water&plugin=%40x%2Fy&owner=acme&status=deprecated&updated_since=2026-01-31T08:30:00Z"
        let all = try DirectorySearch(Query("q=tide&\(filters)&facets=true&sort=forks"))
        #expect(all.words?.text == "tide")
        #expect(all.tag == "deep water")
        #expect(all.plugin == "@x/y")
        #expect(all.owner == "acme")
        #expect(all.status == .deprecated)
        #expect(all.updatedSince == Date(timeIntervalSince1970: 1_769_848_200))
        #expect(all.wantsFacets)
        #expect(all.sort == .forks)
        #expect(try DirectorySearch(Query("q=tide")).sort == .relevance)
        #expect(try DirectorySearch(Query("q=+")).sort == .newest)
        #expect(try DirectorySearch(Query("")) == DirectorySearch())
    }

    @Test(
        "what cannot be read is refused with its parameter",
        arguments: [
            ("status=quarantined", 400), ("status=x", 400), ("sort=best", 400), ("updated_since=yesterday", 400), ("updated_since=2026-01-31", 400),
            ("facets=maybe", 400), ("sort=relevance", 422), ("sort=relevance&q=+", 422),
        ])
    func refused(text: String, status: Int) throws {
        let problem = try #require(throws: Problem.self) { _ = try DirectorySearch(Query(text)) }
        #expect(problem.status.code == status)
        #expect(problem.errors.count == 1)
    }

    @Test("a cursor belongs to its order")
    func cursors() throws {
        var search = DirectorySearch()
        #expect(try search.place(nil) == nil)
        let cursor = SearchCursor(sort: .newest, value: 0, id: UUID())
        #expect(try search.place(cursor) == cursor)
        search.sort = .forks
        let problem = try #require(throws: Problem.self) { _ = try search.place(cursor) }
        #expect(problem.status == .unprocessableContent)
    }
}
