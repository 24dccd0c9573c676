@echo off
rem Starts Tidemark from a checkout on Windows. Builds it when there is no build yet; delete app\target to build again.
rem Nobody has tried this file yet. On Linux and macOS use ./tidemark.
setlocal
set "TIDEMARK_HOME=%~dp0"
if defined JAVA_HOME (set "JAVA=%JAVA_HOME%\bin\java.exe") else (set "JAVA=java.exe")
"%JAVA%" -version >nul 2>&1
if errorlevel 1 (
  echo tidemark: Cannot start: there is no java. Install a JDK 17 or newer, or set JAVA_HOME. 1>&2
  exit /b 3
)
if exist "%TIDEMARK_HOME%app\target\tidemark-app.jar" goto run
echo tidemark: building for the first time: this takes a minute, and downloads libraries once 1>&2
pushd "%TIDEMARK_HOME%"
call mvnw.cmd -B -ntp -q -Ddist -DskipTests -pl api,engine,postgres,parquet,duckdb,snowflake,kafka,embedded,app package 1>&2
if errorlevel 1 (
  popd
  echo tidemark: Cannot build: see above. 1>&2
  exit /b 3
)
popd
:run
"%JAVA%" -Xmx512m -XX:+UseSerialGC %TIDEMARK_OPTS% -cp "%TIDEMARK_HOME%app\target\tidemark-app.jar;%TIDEMARK_HOME%app\target\tidemark\lib\*" io.tidemark.app.Main %*
exit /b %ERRORLEVEL%
