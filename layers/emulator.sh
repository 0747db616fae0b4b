#!/bin/sh
# An AWS account on this machine, in memory, with its functions in Lambda's container:
#     layers/emulator.sh PORT [FOLDER FOR TEMPORARY FILES]
# Prints its address and serves until it is ended. It enforces IAM; the credentials test/test are
# the account's root. Needs a Docker engine with Lambda's base image (layers/docker-ready.sh).
set -eu
port=$1
export TMPDIR="${2:-${TMPDIR:-/tmp}}"
python="${EMULATOR_PYTHON:-.venv-aws/bin/python}"
sam_python="${SAM_PYTHON:-.venv-sam/bin/python}"

# The emulator starts a function's image with nothing but its handler's name: this one serves
# Lambda's invoke API then, as the SAM CLI makes the base image do.
export MINISTACK_IMAGE_PREFIX=retail-inference
interface=$("$sam_python" -c 'import pathlib, samcli; print(pathlib.Path(samcli.__file__).parent / "local/rapid")')
docker build --quiet --tag "$MINISTACK_IMAGE_PREFIX/public.ecr.aws/lambda/python:3.13" --file - "$interface" >/dev/null <<IMAGE
FROM public.ecr.aws/lambda/python:3.13-x86_64
COPY aws-lambda-rie-x86_64 /usr/local/bin/aws-lambda-rie
ENTRYPOINT ["/usr/local/bin/aws-lambda-rie", "/var/runtime/bootstrap"]
IMAGE

# Containers call it at the bridge's address, which only this machine has; where that is another
# machine's, as with Docker Desktop, they are led to the loopback address.
host=$(docker network inspect bridge --format '{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}')
# Docker may tell the network alone, of which it takes the first address.
host=$("$python" -c 'import sys; from ipaddress import ip_network
print(next(ip_network(sys.argv[1]).hosts()) if "/" in sys.argv[1] else sys.argv[1])' "$host")
"$python" -c 'import socket, sys; socket.create_server((sys.argv[1], 0))' "$host" 2>/dev/null || host=127.0.0.1

# Credentials or another address of the caller's own must not reach it.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL
echo "emulator: http://$host:$port"
AUTH=true LAMBDA_EXECUTOR=docker LAMBDA_STRICT=1 BIND_HOST="$host" GATEWAY_PORT="$port" \
    exec "$python" -m ministack
