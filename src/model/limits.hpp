#pragma once

#include <cstddef>

#include "model/instant.hpp"

/// What a manifest repository may ask of the controller. A push reaches the controller unread, and again
/// after every restart: none may take its memory (plimsoll.service gives it 512 MiB) or its time (it ends within 5 s).
namespace plimsoll {

// In front of every parser.
inline constexpr std::size_t kMaxFileBytes = 1U << 20U;
inline constexpr std::size_t kMaxRevisionBytes = 10U << 20U;
inline constexpr std::size_t kMaxRevisionFiles = 10'000;
inline constexpr int kMaxYamlDepth = 64;
inline constexpr std::size_t kMaxYamlNodes = 100'000;  ///< of a file, aliases followed

// What a few bytes may stand for.

/// Text of a YAML file, aliases followed.
inline constexpr std::size_t kMaxYamlBytes = 8U << 20U;
/// YAML itself allows no longer key where it stands without `?`. Every path in a message repeats its keys.
inline constexpr std::size_t kMaxKeyBytes = 1024;
/// Entries of one list or mapping, ranges of ports expanded: mappings are searched from their front. The 10,001 ports
/// that telephony servers publish for RTP fit; more take an engine minutes to open.
inline constexpr std::size_t kMaxEntries = 12'000;
/// One value with its variables put in; all values of a dotenv file together.
inline constexpr std::size_t kMaxExpandedBytes = 1U << 20U;
inline constexpr std::size_t kMaxServices = 500;  ///< of an app
/// Of an environment, an instance or an app. Every app has a copy.
inline constexpr std::size_t kMaxVariables = 1'000;
inline constexpr std::size_t kMaxVariablesBytes = 256U << 10U;  ///< of all of these

/// Weight is what loading an app costs: bytes of text, and `kNodeWeight` for each value of a tree, which takes about so
/// much memory. What is made twice counts twice. A common app weighs 50 KB.
inline constexpr std::size_t kNodeWeight = 128;
inline constexpr std::size_t kParsedByteWeight = 4;  ///< of YAML that is parsed
/// Files that are mounted are shared, not copied: only their digest costs something.
inline constexpr std::size_t kMountedBytesPerWeight = 16;
inline constexpr std::size_t kMaxAppWeight = 32U << 20U;
inline constexpr std::size_t kMaxRevisionWeight = 64U << 20U;
inline constexpr std::size_t kMaxTargets = 2'000;  ///< of a revision
inline constexpr std::size_t kMaxEnvironmentApps = 1'000;
inline constexpr std::size_t kMaxInstances = 500;

// What goes out to people.

/// Errors of one app or file, and as many warnings. Nobody reads more, and each passes through log, status and API.
inline constexpr std::size_t kMaxDiagnostics = 100;
/// Warnings of all apps together.
inline constexpr std::size_t kMaxRevisionDiagnostics = 1'000;
inline constexpr std::size_t kMaxDiagnosticBytes = 1'000;  ///< of one message

/// Of every duration in a manifest, so that sums of them fit into their type.
inline constexpr Millis kMaxDuration{std::chrono::hours{24 * 365}};

}  // namespace plimsoll
