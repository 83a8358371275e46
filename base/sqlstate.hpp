#pragma once
// SQLSTATE codes that pgshoal itself reports (PostgreSQL manual, appendix A).

#include <string_view>

namespace pgshoal::sqlstate {

inline constexpr std::string_view kSuccessfulCompletion = "00000";
inline constexpr std::string_view kWarning = "01000";
inline constexpr std::string_view kConnectionException = "08000";
inline constexpr std::string_view kConnectionDoesNotExist = "08003";
inline constexpr std::string_view kConnectionFailure = "08006";
inline constexpr std::string_view kProtocolViolation = "08P01";
inline constexpr std::string_view kFeatureNotSupported = "0A000";
inline constexpr std::string_view kCardinalityViolation = "21000";
inline constexpr std::string_view kNumericValueOutOfRange = "22003";
inline constexpr std::string_view kNullValueNotAllowed = "22004";
inline constexpr std::string_view kCharacterNotInRepertoire = "22021";
inline constexpr std::string_view kInvalidParameterValue = "22023";
inline constexpr std::string_view kInvalidEscapeSequence = "22025";
inline constexpr std::string_view kInvalidTextRepresentation = "22P02";
inline constexpr std::string_view kInvalidBinaryRepresentation = "22P03";
inline constexpr std::string_view kBadCopyFileFormat = "22P04";
inline constexpr std::string_view kNotNullViolation = "23502";
inline constexpr std::string_view kActiveSqlTransaction = "25001";
inline constexpr std::string_view kNoActiveSqlTransaction = "25P01";
inline constexpr std::string_view kInFailedSqlTransaction = "25P02";
inline constexpr std::string_view kInvalidSqlStatementName = "26000";
inline constexpr std::string_view kInvalidAuthorizationSpecification = "28000";
inline constexpr std::string_view kInvalidPassword = "28P01";
inline constexpr std::string_view kInvalidCursorName = "34000";
inline constexpr std::string_view kInvalidSavepointSpecification = "3B001";
inline constexpr std::string_view kInvalidCatalogName = "3D000";
inline constexpr std::string_view kInvalidSchemaName = "3F000";
inline constexpr std::string_view kSyntaxError = "42601";
inline constexpr std::string_view kInvalidColumnDefinition = "42611";
inline constexpr std::string_view kUndefinedColumn = "42703";
inline constexpr std::string_view kUndefinedObject = "42704";
inline constexpr std::string_view kDuplicateCursor = "42P03";
inline constexpr std::string_view kDuplicatePreparedStatement = "42P05";
inline constexpr std::string_view kInvalidTableDefinition = "42P16";
inline constexpr std::string_view kInvalidObjectDefinition = "42P17";
inline constexpr std::string_view kWindowingError = "42P20";
inline constexpr std::string_view kReservedName = "42939";
inline constexpr std::string_view kUndefinedTable = "42P01";
inline constexpr std::string_view kOutOfMemory = "53200";
inline constexpr std::string_view kTooManyConnections = "53300";
inline constexpr std::string_view kProgramLimitExceeded = "54000";
inline constexpr std::string_view kStatementTooComplex = "54001";
inline constexpr std::string_view kObjectNotInPrerequisiteState = "55000";
inline constexpr std::string_view kObjectInUse = "55006";
inline constexpr std::string_view kQueryCanceled = "57014";
inline constexpr std::string_view kAdminShutdown = "57P01";
inline constexpr std::string_view kCannotConnectNow = "57P03";
inline constexpr std::string_view kSystemError = "58000";
inline constexpr std::string_view kUndefinedFile = "58P01";
inline constexpr std::string_view kConfigFileError = "F0000";
inline constexpr std::string_view kInternalError = "XX000";

}  // namespace pgshoal::sqlstate
