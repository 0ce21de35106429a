-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "base";

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');

-- CreateTable
CREATE TABLE "User" (
    "id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "emailVerified" TIMESTAMP(3),
    "role" "Role" NOT NULL DEFAULT 'USER',
    "tags" TEXT[],
    "roles" "Role"[] DEFAULT ARRAY['USER']::"Role"[],
    "customerComment" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "balance" DECIMAL(65,30) NOT NULL DEFAULT 0,
    "raw" BYTEA,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "base"."Note" (
    "id" SERIAL NOT NULL,
    "authorId" TEXT,
    "content" TEXT NOT NULL DEFAULT 'a ; b',
    "ratio" DOUBLE PRECISION,
    "at" TIME(6),

    PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_NoteToUser" (
    "A" INTEGER NOT NULL,
    "B" TEXT NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "User.email_unique" ON "User"("email");
CREATE UNIQUE INDEX "_NoteToUser_AB_unique" ON "_NoteToUser"("A", "B");
-- AddForeignKey
ALTER TABLE "base"."Note" ADD FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "_NoteToUser" ADD CONSTRAINT "_NoteToUser_A_fkey" FOREIGN KEY ("A") REFERENCES "base"."Note"("id") ON DELETE CASCADE ON UPDATE CASCADE;
