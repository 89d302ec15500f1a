// Standard input, output and error stay what they are called, also where the parent closed them.

internal import Glibc

/// The descriptors 0, 1 and 2.
public enum StandardDescriptors {
  /// Fills those that are closed, so that no file or pipe of ours takes their place: to be called
  /// before anything is opened. What fills them cannot be read or written, so that using them fails
  /// as on a closed descriptor.
  public static func reserve() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
