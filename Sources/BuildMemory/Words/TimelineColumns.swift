/// Memory over time, column by column (a fifth of the size of a list of objects). All columns that are present are equally long.
package struct TimelineColumns: Sendable, Equatable, Codable {
    package var at: [Int] = []
    package var rss: [Int] = []
    package var processes: [Int] = []
    package var compileJobs: [Int] = []

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case rss, processes
        case at = "at_ms"
        case compileJobs = "compile_jobs"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        at = try fields.decodeIfPresent([Int].self, forKey: .at) ?? []
        rss = try fields.decodeIfPresent([Int].self, forKey: .rss) ?? []
        processes = try fields.decodeIfPresent([Int].self, forKey: .processes) ?? []
        compileJobs = try fields.decodeIfPresent([Int].self, forKey: .compileJobs) ?? []
    }
}
