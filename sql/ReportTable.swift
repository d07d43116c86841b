import Postgres

/// What a report returned: one value, to be shown as a table, JSON or CSV.
package struct ReportTable: Sendable, Equatable {
    /// A column's heading, and how its values are to be aligned and written in JSON.
    package struct Column: Sendable, Equatable {
        /// What a value's text is.
        package enum Kind: Sendable, Equatable {
            /// Digits as JSON has them, too: to the right in a table, without quotes in JSON.
            case number
            /// `true` or `false`.
            case boolean
            /// A JSON document.
            case json
            /// Anything else, times in ISO form among it.
            case text
        }

        package let name: String
        package let kind: Kind
    }

    package let columns: [Column]
    /// Values in PostgreSQL's text form; nil for null.
    package let rows: [[String?]]
}

extension ReportTable.Column.Kind {
    init(_ type: PostgresType) {
        self =
            switch type {
            case .int2, .int4, .int8, .float4, .float8, .numeric: .number
            case .bool: .boolean
            case .json, .jsonb: .json
            default: .text
            }
    }
}
