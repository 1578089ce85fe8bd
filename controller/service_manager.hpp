#pragma once

#include <string>

namespace plimsoll::controller {

/// Tells systemd (or whoever set NOTIFY_SOCKET) something, such as `READY=1` or `STOPPING=1` (sd_notify(3)). Does
/// nothing when nobody asked. The protocol is one datagram; linking libsystemd for it would cost memory in every idle
/// controller.
void notify_service_manager(const std::string& state);

}  // namespace plimsoll::controller
