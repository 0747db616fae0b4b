#!/bin/sh
# `sam local` needs a Docker engine and Lambda's base image. Where no registry can be reached, a
# script outside the checkout may stand in for both.
set -eu
if docker image inspect public.ecr.aws/lambda/python:3.13-x86_64 >/dev/null 2>&1; then
    exit 0
fi
if [ -f ../shared/sam-local/up ]; then
    exec bash ../shared/sam-local/up
fi
docker info >/dev/null 2>&1 || {
    echo "sam local needs a running Docker engine: start it and run 'make e2e' again" >&2
    exit 1
}
docker pull --quiet public.ecr.aws/lambda/python:3.13-x86_64
