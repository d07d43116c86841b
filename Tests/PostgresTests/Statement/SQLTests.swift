import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test func `the comment in the first line is the label`() {
        let sql: SQL = """
            -- insert tickets
            insert into tickets select 1
            """
        #expect(sql.label == "insert tickets")
    }

    @Test func `without a comment the first words are the label, in one line`() {
        let sql: SQL = "select a,\n       b\n  from t"
        #expect(sql.label == "select a, b from t")
        let long: SQL = "select aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccc from t"
        #expect(long.label.count == 60)
        #expect(long.label.hasSuffix("…"))
    }

    @Test func `equality is that of the text, wherever it stands`() {
        let literal: SQL = "select 1"
        #expect(literal == SQL.trusted(file: "select 1"))
        #expect(literal.hashValue == SQL.trusted(file: "select 1").hashValue)
        #expect(literal != "select 2")
        #expect(Set<SQL>(["select 1", "select 2", .trusted(file: "select 1")]).count == 2)
    }

    @Test func `C sees the whole text`() {
        let literal: SQL = "select 'é'"
        #expect(literal.withCString { String(cString: $0) } == "select 'é'")
        #expect(SQL.trusted(file: "select 1").withCString { String(cString: $0) } == "select 1")
        #expect(!literal.containsNUL)
        #expect(SQL.trusted(file: "a\0b").containsNUL)
    }

    @Test func `a literal of one character does not trap`() {
        let sql: SQL = ";"
        #expect(sql.withCString { String(cString: $0) } == ";")
    }
}
