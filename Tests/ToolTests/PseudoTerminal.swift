// A terminal for programs under test, and what it shows.

import Foundation
import Glibc
import Synchronization
import TestSupport

/// A pseudo-terminal of a given size; what a program writes to it is drawn on a screen.
final class PseudoTerminal {
  /// What the reading thread fills.
  private final class Display: Sendable {
    let state: Mutex<(screen: TerminalScreen, transcript: String)>
    let isOver = DispatchSemaphore(value: 0)

    init(_ screen: TerminalScreen) { state = Mutex((screen, "")) }

    /// Reads until no program has the terminal open.
    func read(_ descriptor: Int32) {
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe Glibc.read(descriptor, &bytes, bytes.count)
        if count <= 0 { break }
        let new = Array(bytes.prefix(count))
        state.withLock {
          $0.screen.write(new)
          $0.transcript += String(decoding: new, as: UTF8.self)
        }
      }
      close(descriptor)
      isOver.signal()
    }
  }

  /// The program's end: its input, its output, or both.
  let programEnd: FileHandle
  private let display: Display
  private let ourEnd: Int32

  init(columns: Int = 80, rows: Int = 24) throws {
    // Linux's numbers (ioctl_tty(2)), which Swift does not import.
    let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    spawning.lock()
    defer { spawning.unlock() }
    ourEnd = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (isLocked, number): (Int32, Int32) = (0, 0)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard unsafe ioctl(ourEnd, setLock, &isLocked) == 0,
      unsafe ioctl(ourEnd, getNumber, &number) == 0,
      unsafe ioctl(ourEnd, UInt(TIOCSWINSZ), &size) == 0
    else { throw POSIXError(.ENXIO) }
    let program = unsafe open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard program >= 0 else { throw POSIXError(.ENXIO) }
    programEnd = FileHandle(fileDescriptor: program, closeOnDealloc: true)
    display = Display(TerminalScreen(columns: columns, rows: rows))
    Thread { [display, ourEnd] in display.read(ourEnd) }.start()
  }

  /// Types `text`.
  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(ourEnd, bytes, bytes.count)
  }

  /// Waits, when the programs have ended, until all that they wrote is drawn.
  func finish() throws {
    try programEnd.close()
    display.isOver.wait()
  }

  /// The lines that are to be seen, without blanks at their ends, up to the last that is not empty.
  var lines: [String] { display.state.withLock { $0.screen.lines } }

  /// Whether the alternate screen is shown.
  var isAlternate: Bool { display.state.withLock { $0.screen.isAlternate } }

  /// All that was ever written.
  var transcript: String { display.state.withLock { $0.transcript } }
}
