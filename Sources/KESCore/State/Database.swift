// LMDB behind a safe face: one environment, its tables and its transactions.

internal import CLMDB
internal import Glibc

/// A table of the database.
enum Table: Int, CaseIterable, Sendable {
  /// What is known of the task as a whole, its inputs and its outputs.
  case positions
  /// Open and remembered sessions by task and key.
  case sessions
  /// Records held for the watermark, by task and arrival.
  case held

  var name: String {
    switch self {
    case .positions: "positions"
    case .sessions: "sessions"
    case .held: "held"
    }
  }
}

/// Owns an LMDB environment; the only type that touches the C library.
///
/// Bytes lent by a transaction are valid until it ends or writes. One write transaction at a time;
/// other processes may read a consistent snapshot meanwhile.
@safe
final class Database {
  enum Access { case readWrite, readOnly }

  private let directory: String
  private let environment: OpaquePointer
  private var tables: [MDB_dbi] = []

  /// Opens (and for `.readWrite` creates) the database in `directory`, and clears the marks of
  /// readers that died. `mapSize` is how large it may become before it is grown: address space, not
  /// disk. Throws `.corrupted` where LMDB must not use the file, `.missing`, `.cannotOpen`
  /// or `.database`. Cost: reading all pages once.
  init(directory: String, access: Access, mapSize: Int) throws(Failure) {
    self.directory = directory
    let file = try DatabaseFile.open(in: directory)
    if file == nil && access == .readOnly { throw .missing(directory: directory) }
    try DatabaseLockFile.reserve(in: directory)
    var opened: OpaquePointer?
    let created = unsafe mdb_env_create(&opened)
    guard created == 0, let environment = unsafe opened else {
      throw .cannotOpen(directory: directory, reason: Database.reason(created))
    }
    unsafe self.environment = environment
    unsafe mdb_env_set_maxdbs(environment, MDB_dbi(Table.allCases.count))
    if access == .readWrite { unsafe mdb_env_set_mapsize(environment, mapSize) }
    let flags = access == .readOnly ? UInt32(MDB_RDONLY) : 0
    let code = unsafe mdb_env_open(environment, directory, flags | UInt32(MDB_NOTLS), 0o666)
    if code != 0 {
      // The destructor closes the environment.
      throw .opening(
        directory, "opening \(DatabaseFile.name)", code: code, reason: Database.reason(code))
    }
    unsafe mdb_reader_check(environment, nil)
    if let file { try requireSound(file) }
    try openTables(access)
  }

  /// Throws `.corrupted` where following the last commit would lead LMDB astray.
  private func requireSound(_ file: consuming DatabaseFile) throws(Failure) {
    for _ in 0..<DatabaseFile.greatestAttempts {
      // As long as it is open, no writer uses the pages of its snapshot for anything else.
      let transaction = try begin(.readOnly)
      if try transaction.isSound(in: file) { return }
    }
    throw file.damaged("\(DatabaseFile.name) has no last commit")
  }

  deinit { unsafe mdb_env_close(environment) }

  private func openTables(_ access: Access) throws(Failure) {
    let create = access == .readWrite ? UInt32(MDB_CREATE) : 0
    var transaction = try begin(access)
    for table in Table.allCases {
      var handle: MDB_dbi = 0
      let code = unsafe mdb_dbi_open(transaction.pointer, table.name, create, &handle)
      if code == MDB_NOTFOUND { throw .missing(directory: directory) }
      try check(code, "opening a table")
      tables.append(handle)
    }
    try transaction.commit()
  }

  /// Doubles what the database may grow to. No transaction may be open.
  private func grow() throws(Failure) {
    var information = unsafe MDB_envinfo()
    unsafe mdb_env_info(environment, &information)
    try check(
      unsafe mdb_env_set_mapsize(environment, information.me_mapsize * 2), "growing the map")
  }

  /// Runs `body` in a write transaction and commits it: all of it is done, or nothing. Where the
  /// map is full it is grown and `body` runs again.
  func write(_ body: (borrowing Transaction) throws(Failure) -> Void) throws(Failure) {
    while try !attempt(body) { try grow() }
  }

  /// Runs `body` in a write transaction, which has ended when this returns; false where the map was
  /// full, and so nothing is done.
  private func attempt(
    _ body: (borrowing Transaction) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    var transaction = try begin(.readWrite)
    do {
      try body(transaction)
      try transaction.commit()
      return true
    } catch {
      if error.cause != .database(MDB_MAP_FULL) { throw error }
      return false
    }
  }

  /// Runs `body` on a snapshot.
  func read<Result>(
    _ body: (borrowing Transaction) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let transaction = try begin(.readOnly)
    return try body(transaction)
  }

  private func begin(_ access: Access) throws(Failure) -> Transaction {
    var pointer: OpaquePointer?
    let flags = access == .readOnly ? UInt32(MDB_RDONLY) : 0
    var code = unsafe mdb_txn_begin(environment, nil, flags, &pointer)
    if code == MDB_MAP_RESIZED {
      // The writing process has grown the map: take over its size.
      unsafe mdb_env_set_mapsize(environment, 0)
      code = unsafe mdb_txn_begin(environment, nil, flags, &pointer)
    }
    try check(code, "beginning a transaction")
    guard let pointer = unsafe pointer else { throw .missing(directory: directory) }
    return unsafe Transaction(pointer: pointer, database: self)
  }

  fileprivate func check(_ code: Int32, _ operation: String) throws(Failure) {
    if code == 0 { return }
    // LMDB says EIO, too, of a write that was cut short; the disk knows why.
    let code = code == EIO ? DatabaseFile.lackOfRoom(in: directory) ?? code : code
    let reason = Database.reason(code)
    switch code {
    case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PAGE_FULL, MDB_CURSOR_FULL, MDB_INCOMPATIBLE:
      throw .corrupted(directory: directory, what: "\(operation): \(reason)")
    default:
      throw .database(directory: directory, operation: operation, code: code, reason: reason)
    }
  }

  fileprivate func handle(_ table: Table) -> MDB_dbi { tables[table.rawValue] }

  private static func reason(_ code: Int32) -> String {
    unsafe String(cString: mdb_strerror(code))
  }

  /// One transaction: aborted when it goes away without `commit`.
  @safe
  struct Transaction: ~Copyable {
    fileprivate let pointer: OpaquePointer
    private let database: Database
    private var isOpen = true

    fileprivate init(pointer: OpaquePointer, database: Database) {
      unsafe self.pointer = unsafe pointer
      self.database = database
    }

    deinit { if isOpen { unsafe mdb_txn_abort(pointer) } }

    fileprivate mutating func commit() throws(Failure) {
      isOpen = false
      try database.check(unsafe mdb_txn_commit(pointer), "committing")
    }

    /// Whether the pages of the snapshot are what they must be; false where writers have gone so far
    /// beyond it that this cannot be told. Throws `.corrupted` or `.database`.
    fileprivate func isSound(in file: borrowing DatabaseFile) throws(Failure) -> Bool {
      let identifier = UInt64(truncatingIfNeeded: unsafe mdb_txn_id(pointer))
      guard let meta = try file.meta(of: identifier) else { return false }
      var check = DatabaseCheck(meta, pageSize: file.pageSize)
      do throws(Failure) {
        try check.run(on: file)
        return true
      } catch {
        // Read while it was overwritten?
        if try file.meta(of: identifier) == meta { throw error }
        return false
      }
    }

    /// Sets the value of `key`, 1 to 511 bytes long.
    func put(_ key: Span<UInt8>, _ value: Span<UInt8>, in table: Table) throws(Failure) {
      let code = unsafe key.withValue { key in
        unsafe value.withValue { value in
          var (key, value) = unsafe (key, value)
          return unsafe mdb_put(pointer, database.handle(table), &key, &value, 0)
        }
      }
      try database.check(code, "writing")
    }

    /// Removes `key`, which may be missing.
    func remove(_ key: Span<UInt8>, from table: Table) throws(Failure) {
      let code = unsafe key.withValue { key in
        var key = unsafe key
        return unsafe mdb_del(pointer, database.handle(table), &key, nil)
      }
      if code != MDB_NOTFOUND { try database.check(code, "removing") }
    }

    /// Lends every entry whose key begins with `prefix`, in the order of the keys.
    func forEach(
      prefix: Span<UInt8>, in table: Table,
      _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
      var opened: OpaquePointer?
      try database.check(
        unsafe mdb_cursor_open(pointer, database.handle(table), &opened), "reading")
      guard let cursor = unsafe opened else { return }
      defer { unsafe mdb_cursor_close(cursor) }
      var key = unsafe MDB_val()
      var value = unsafe MDB_val()
      var code = unsafe prefix.withValue { start in
        unsafe key = start
        return unsafe mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
      }
      while code == 0 {
        let isWanted = try unsafe key.withBytes { key throws(Failure) in
          guard key.count >= prefix.count,
            key.extracting(0..<prefix.count).hasSameBytes(as: prefix)
          else { return false }
          try unsafe value.withBytes { value throws(Failure) in try body(key, value) }
          return true
        }
        if !isWanted { return }
        code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
      }
      if code != MDB_NOTFOUND { try database.check(code, "reading") }
    }
  }
}

extension Span where Element == UInt8 {
  /// Lends the bytes as LMDB takes them.
  fileprivate func withValue<Result>(_ body: (MDB_val) -> Result) -> Result {
    unsafe withUnsafeBytes { bytes in
      unsafe body(
        MDB_val(
          mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)))
    }
  }
}

extension MDB_val {
  /// Lends the bytes that LMDB lent us.
  fileprivate func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = unsafe UnsafeRawBufferPointer(start: mv_data, count: mv_size)
    return try body(unsafe bytes.bindMemory(to: UInt8.self).span)
  }
}
