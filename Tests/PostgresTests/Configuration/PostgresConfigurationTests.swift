import Testing

@testable import Postgres

@Suite struct PostgresConfigurationTests {
    @Test func `a password is shown nowhere`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://u:topsecret@h/db?sslpassword=topsecret&sslmode=require")
        for text in ["\(configuration)", String(reflecting: configuration), String(describing: [configuration])] {
            #expect(!text.contains("topsecret"))
            #expect(text.contains("host=h") && text.contains("sslmode=require") && text.contains("password=…"))
        }
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("topsecret"))
    }

    @Test func `an option that libpq does not know is named`() {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: "postgres://h/db?sslmod=require") }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("sslmod ") == true)
        #expect(error?.message.contains("sslmode") == true)
    }

    @Test func `variables are those of libpq`() throws {
        let configuration = try PostgresConfiguration(environment: [
            "PGHOST": "h", "PGPORT": "6", "PGDATABASE": "d", "PGUSER": "u", "PGPASSWORD": "p", "PGSSLMODE": "disable", "PGAPPNAME": "me",
            "PGCONNECT_TIMEOUT": "9", "HOME": "/",
        ])
        #expect(
            configuration.options == [
                "host": "h", "port": "6", "dbname": "d", "user": "u", "password": "p", "sslmode": "disable", "connect_timeout": "9",
            ])
        #expect(configuration.applicationName == "me")
        #expect(configuration.connectTimeout == .seconds(9))
    }

    @Test func `a connection's options name the program and the encoding`() throws {
        var configuration = try PostgresConfiguration(url: "postgres://h/db?application_name=url&keepalives_idle=7")
        #expect(configuration.applicationName == "url")
        configuration.applicationName = "mine"
        let options = Dictionary(uniqueKeysWithValues: try configuration.connectionOptions().map { ($0.keyword, $0.value) })
        #expect(options["application_name"] == "mine")
        #expect(options["client_encoding"] == "UTF8")
        #expect(options["keepalives_idle"] == "7")
        #expect(options["keepalives_count"] == "3")
    }

    @Test func `session options and a pooler exclude each other`() throws {
        var configuration = try PostgresConfiguration(url: "postgres://h/db?options=-c%20geqo%3Doff")
        _ = try configuration.connectionOptions()
        configuration.pooler = true
        let error = #expect(throws: PostgresError.self) { try configuration.connectionOptions() }
        #expect(error?.code == .configuration)
    }

    @Test func `the defaults are those that are documented`() throws {
        let configuration = try PostgresConfiguration(url: "postgres://h/db")
        #expect(configuration.statementTimeout == .seconds(30))
        #expect(configuration.connectTimeout == .seconds(5))
        #expect(configuration.applicationName == "mainstay")
        #expect(!configuration.pooler)
    }
}
