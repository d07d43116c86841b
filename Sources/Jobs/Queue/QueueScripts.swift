import Redis

/// The Lua files of `Scripts/`, carried in the binary. Each file says its keys, arguments and reply at its head;
/// `Queue` is the only caller.
enum QueueScripts {
    static let append = script("append", PackageResources.append_lua)
    static let accept = script("accept", PackageResources.accept_lua)
    static let acknowledge = script("acknowledge", PackageResources.acknowledge_lua)
    static let schedule = script("schedule", PackageResources.schedule_lua)
    static let hurry = script("hurry", PackageResources.hurry_lua)
    static let retry = script("retry", PackageResources.retry_lua)
    static let promote = script("promote", PackageResources.promote_lua)
    static let beat = script("beat", PackageResources.beat_lua)
    static let claim = script("claim", PackageResources.claim_lua)
    static let handback = script("handback", PackageResources.handback_lua)
    static let leave = script("leave", PackageResources.leave_lua)
    static let measure = script("measure", PackageResources.measure_lua)
    static let epoch = script("epoch", PackageResources.epoch_lua)

    private static func script(_ name: String, _ source: [UInt8]) -> RedisScript {
        RedisScript(name: name, source: String(decoding: source, as: UTF8.self))
    }
}
