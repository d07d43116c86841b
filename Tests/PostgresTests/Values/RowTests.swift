import Testing

@testable import Postgres

@Suite struct RowTests {
    private static let row = PostgresRow(
        data: PostgresResultData(
            columns: [.init(name: "id", type: .int4), .init(name: "title", type: .text), .init(name: "note", type: .text)], rowCount: 1,
            extents: [.init(offset: 0, length: 4), .init(offset: 4, length: 2), .init(offset: 0, length: -1)], bytes: [0, 0, 0, 7, 0x68, 0x69]),
        index: 0)

    @Test func `columns are found by name and by position`() throws {
        #expect(try Self.row.decode("id", as: Int.self) == 7)
        #expect(try Self.row.decode(1, as: String.self) == "hi")
        #expect(try Self.row.decode("note", as: String?.self) == nil)
    }

    @Test func `a wrong type names column, expected and found`() {
        let error = #expect(throws: PostgresError.self) { try Self.row.decode("title", as: Int.self) }
        #expect(error?.code == .decoding)
        #expect(error?.column == "title")
        #expect(error?.message == "column title cannot be read as Int: it is text, expected int8, int4, int2 or a whole numeric")
    }

    @Test func `a null says so`() {
        let error = #expect(throws: PostgresError.self) { try Self.row.decode("note", as: String.self) }
        #expect(error?.message == "column note cannot be read as String: it is null")
        #expect(error?.hint == "decode an Optional, or exclude nulls in the statement")
    }

    @Test func `a missing column lists those that are there`() {
        let error = #expect(throws: PostgresError.self) { try Self.row.decode("tilte", as: String.self) }
        #expect(error?.message == "the result has no column tilte; it has id, title, note")
        #expect(throws: PostgresError.self) { try Self.row.decode(3, as: String.self) }
        #expect(throws: PostgresError.self) { try Self.row.decode(-1, as: String.self) }
    }
}
